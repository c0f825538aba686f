/**
 * A value that is made when it is first asked for, and once. For what takes long to make and may never be needed.
 */
export function lazily<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
