/** The part of the WebAssembly interface that simd-scanner.ts uses; @types/node leaves it to the DOM's types. */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;

  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module);
    readonly exports: Readonly<Record<string, unknown>>;
  }

  class Memory {
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB; views of the old buffer become empty. RangeError where there is no room. */
    grow(pages: number): number;
  }
}
