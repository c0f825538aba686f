/** The part of the WebAssembly API that simd-scanner.ts uses. Only the DOM types declare it, not @types/node. */
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
    /** Adds pages of 64 KiB and detaches the old buffer. Throws RangeError if there is not enough memory. */
    grow(pages: number): number;
  }
}
