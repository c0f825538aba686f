/**
 * What an operation does to the memories: `read` changes nothing that a user can see, `write` can be undone, `destroy`
 * removes or replaces something.
 */
export type Effect = 'read' | 'write' | 'destroy';
