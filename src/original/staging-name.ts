/** What a move makes beside the old files while it runs is named after this, and is removed after a crash by it. */
export const stagingName = 'move';
