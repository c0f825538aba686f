/**
 * The protocol between a server and the inference process: framed messages over any duplex stream. A frame consists of
 * two little-endian 32-bit lengths, a JSON message, and float32 numbers in native byte order, since both ends are on
 * the same machine. The process first sends `hello` with its protocol version, which detects a version mismatch.
 */
import type { Duplex } from 'node:stream';
import { MemoryMcpError } from '../../core/errors.ts';

export const protocolVersion = 5;
const headerBytes = 8;
/** Larger than any valid frame: 512 chunks of 4,096 dimensions need 8 MB. */
const maximumFrameBytes = 64 * 1024 * 1024;

/**
 * How the model's output becomes one vector. `content_mean` leaves out prompt and special tokens (see `pooling.ts`).
 * `sentence_embedding` is an output of the graph that already is one vector.
 */
export type Pooling = 'mean' | 'content_mean' | 'cls' | 'last_token' | 'sentence_embedding';

/** Everything the process needs to load and run a model. It is part of each request. */
export interface InferenceModel {
  /** Real path of the folder with config.json, tokenizer.json and tokenizer_config.json. */
  readonly folder: string;
  /** Path of the graph relative to the folder, with `/`: "onnx/model_quantized.onnx". */
  readonly file: string;
  /** Changes when the files do, which reloads a replaced model. */
  readonly stamp: string;
  /** "cpu", "cuda", or another execution provider of ONNX Runtime. Falls back to "cpu" with a warning. */
  readonly device: string;
  readonly threads: number;
  /** Maximum input length, including special tokens. */
  readonly maxTokens: number;
}

export interface EmbeddingModel extends InferenceModel {
  readonly pooling: Pooling;
  /** Truncates vectors to this many dimensions and normalizes them again. */
  readonly dimensions?: number | undefined;
}

/** `load` and `load-reranker` complete when the model is ready. The others load the model if necessary. */
export type InferenceWork =
  | { readonly type: 'load'; readonly model: EmbeddingModel }
  | { readonly type: 'load-reranker'; readonly model: InferenceModel }
  | {
      readonly type: 'embed';
      readonly model: EmbeddingModel;
      readonly as: EmbedAs;
      readonly prefix: string;
      readonly text: string;
      /** Fails with `not loaded` instead of loading the model, and does not count as use of it. */
      readonly onlyIfLoaded?: boolean | undefined;
    }
  /** Several texts in one go, as chunks. `perText` of the result tells whose vectors are whose. */
  | {
      readonly type: 'embed-together';
      readonly model: EmbeddingModel;
      readonly prefix: string;
      readonly texts: readonly string[];
    }
  | {
      readonly type: 'rerank';
      readonly model: InferenceModel;
      readonly query: string;
      readonly texts: readonly string[];
    };

/** `one` returns a single vector, the mean of all chunks. `chunks` returns one vector per chunk. */
export type EmbedAs = 'one' | 'chunks';
export type InferencePriority = 'interactive' | 'background';

export type MessageToInference =
  | {
      readonly type: 'work';
      readonly id: number;
      readonly priority: InferencePriority;
      /** Servers take turns. A process of one server's own knows only 0. */
      readonly from: number;
      readonly work: InferenceWork;
    }
  | { readonly type: 'cancel'; readonly id: number }
  /** A server has gone. What it alone has used need not stay loaded. */
  | { readonly type: 'gone'; readonly from: number };

/**
 * `runtime missing`: ONNX Runtime is not installed. `model`: the model cannot be loaded. `work`: this text failed.
 * `not loaded`: the model is not loaded, and this request must not load it.
 */
export type InferenceFailure = 'runtime missing' | 'model' | 'work' | 'not loaded';

export interface TextShare {
  readonly rows: number;
  readonly embeddedCharacters: number;
}

export interface InferenceResult {
  /** The row length of the numbers in the frame. 1 for scores. */
  readonly dimensions: number;
  readonly embeddedCharacters: number;
  /** Of several texts, how many vectors and embedded characters each has. */
  readonly perText?: readonly TextShare[] | undefined;
  readonly device: string;
  /** Why the device is not the requested one. */
  readonly warning?: string | undefined;
  /** The model was not in memory before. */
  readonly freshlyLoaded?: boolean | undefined;
}

export type MessageFromInference =
  | { readonly type: 'hello'; readonly protocol: number }
  /** A step of this request starts. If the process crashes now, this request or its model is the likely cause. */
  | { readonly type: 'working'; readonly id: number; readonly on: 'model' | 'text' }
  /** `memory`: the resident bytes of the process. */
  | { readonly type: 'done'; readonly id: number; readonly memory: number; readonly result: InferenceResult }
  | { readonly type: 'failed'; readonly id: number; readonly failure: InferenceFailure; readonly message: string };

export interface Channel<Out> {
  send(message: Out, numbers?: Float32Array): void;
}

export interface ChannelDeps<In> {
  readonly onMessage: (message: In, numbers: Float32Array) => void;
  /** Called once if invalid data arrives. */
  readonly onBroken: (error: Error) => void;
  /** The longest frame that is accepted at the moment, in bytes, if it is shorter than usual. */
  readonly maximumFrame?: () => number | undefined;
}

/** Sends and receives frames on `stream`. */
export function openChannel<In, Out>(
  stream: Duplex,
  { onMessage, onBroken, maximumFrame = () => undefined }: ChannelDeps<In>,
): Channel<Out> {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let needed = headerBytes;

  const takeFrames = () => {
    let bytes = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
    while (bytes.length >= needed) {
      needed = readFrameSize(bytes, maximumFrame() ?? maximumFrameBytes);
      if (bytes.length < needed) break;
      const { message, numbers } = decodeFrame(bytes.subarray(0, needed));
      bytes = bytes.subarray(needed);
      needed = headerBytes;
      // Both ends are this program, and `hello` has compared their versions.
      onMessage(message as In, numbers);
    }
    // A copy, because a part of a buffer would keep the texts of the frames before it.
    waiting = bytes.length === 0 ? [] : [Buffer.from(bytes)];
    waitingBytes = bytes.length;
  };
  stream.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes < needed) return;
    try {
      takeFrames();
    } catch (error) {
      stream.removeAllListeners('data');
      onBroken(error instanceof Error ? error : new Error(String(error)));
    }
  });
  return {
    send: (message, numbers) => {
      if (!stream.writable) return;
      stream.write(encodeFrame(message, numbers));
    },
  };
}

function encodeFrame(message: unknown, numbers: Float32Array = new Float32Array()): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(text.length, 0);
  header.writeUInt32LE(numbers.byteLength, 4);
  return Buffer.concat([header, text, Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)]);
}

function readFrameSize(bytes: Buffer, maximum: number): number {
  const size = headerBytes + bytes.readUInt32LE(0) + bytes.readUInt32LE(4);
  if (size > maximum)
    throw new MemoryMcpError('internal', 'The channel to the inference process is out of sync: a frame is too long');
  return size;
}

function decodeFrame(frame: Buffer): { message: unknown; numbers: Float32Array } {
  const textEnd = headerBytes + frame.readUInt32LE(0);
  const message: unknown = JSON.parse(frame.toString('utf8', headerBytes, textEnd));
  // Copy, because a Float32Array needs an aligned offset and the buffer is reused.
  const numbers = new Float32Array(Uint8Array.from(frame.subarray(textEnd)).buffer);
  return { message, numbers };
}
