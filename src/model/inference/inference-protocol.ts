/**
 * The protocol between a server and the inference process: framed messages over any duplex stream. A frame is two
 * little-endian 32-bit lengths, a JSON message and float32 numbers in the machine's own order, since both ends are on
 * one machine. The process speaks first (`hello`), so that two versions of the program find out before they misread.
 */
import type { Duplex } from 'node:stream';
import { MemoryMcpError } from '../../core/errors.ts';

export const protocolVersion = 2;
const headerBytes = 8;
/** More than any frame can be: 512 chunks of 4,096 dimensions. Beyond it the stream is not ours. */
const frameLimit = 64 * 1024 * 1024;

/**
 * How a vector comes from the model's output. `content_mean` leaves out the prompt and special tokens (`pooling.ts`);
 * `sentence_embedding` is an output of the graph that is a vector already.
 */
export type Pooling = 'mean' | 'content_mean' | 'cls' | 'last_token' | 'sentence_embedding';

/** All that the process must know to serve a model: part of each request, so that two models can serve in turn. */
export interface InferenceModel {
  /** Real path of the folder with config.json, tokenizer.json and tokenizer_config.json. */
  readonly folder: string;
  /** The graph inside the folder, with `/`: "onnx/model_quantized.onnx". */
  readonly file: string;
  /** Changes when the files do, so that a replaced model is loaded anew. */
  readonly stamp: string;
  /** "cpu", "cuda", or another execution provider of ONNX Runtime; one that fails gives way to "cpu" with a warning. */
  readonly device: string;
  readonly threads: number;
  /** The longest input, special tokens included. */
  readonly maxTokens: number;
}

export interface EmbeddingModel extends InferenceModel {
  readonly pooling: Pooling;
  /** Fewer than the model gives = the first ones, scaled to length 1 again. */
  readonly dimensions?: number | undefined;
}

/** `load` answers as soon as the model could embed or score; the others load it themselves where needed. */
export type InferenceWork =
  | { readonly type: 'load'; readonly model: EmbeddingModel }
  | { readonly type: 'load-reranker'; readonly model: InferenceModel }
  | {
      readonly type: 'embed';
      readonly model: EmbeddingModel;
      readonly as: EmbedAs;
      readonly prefix: string;
      readonly text: string;
    }
  | {
      readonly type: 'rerank';
      readonly model: InferenceModel;
      readonly query: string;
      readonly texts: readonly string[];
    };

/** `one` gives a single vector (the mean of the chunks where a text needs several), `chunks` one per chunk. */
export type EmbedAs = 'one' | 'chunks';
export type InferencePriority = 'interactive' | 'background';

export type MessageToInference =
  | { readonly type: 'work'; readonly id: number; readonly priority: InferencePriority; readonly work: InferenceWork }
  | { readonly type: 'cancel'; readonly id: number };

/** `runtime missing`: ONNX Runtime is not there; `model`: this model cannot be loaded; `work`: this text failed. */
export type InferenceFailure = 'runtime missing' | 'model' | 'work';

/** `dimensions` of the numbers that follow, row by row; for scores it is 1. */
export interface InferenceResult {
  readonly dimensions: number;
  readonly embeddedCharacters: number;
  readonly device: string;
  /** Why the device is not the one that was asked for. */
  readonly warning?: string | undefined;
}

export type MessageFromInference =
  | { readonly type: 'hello'; readonly protocol: number }
  /** A step of this request begins: if the process dies now, it is the suspect, or the model it needs is. */
  | { readonly type: 'working'; readonly id: number; readonly on: 'model' | 'text' }
  | { readonly type: 'done'; readonly id: number; readonly result: InferenceResult }
  | { readonly type: 'failed'; readonly id: number; readonly failure: InferenceFailure; readonly message: string };

export interface Channel<Out> {
  send(message: Out, numbers?: Float32Array): void;
}

/** Sends and receives frames on `stream`. `onBroken` is told once if what arrives is no frame. */
export function openChannel<In, Out>(
  stream: Duplex,
  {
    onMessage,
    onBroken,
  }: { onMessage: (message: In, numbers: Float32Array) => void; onBroken: (error: Error) => void },
): Channel<Out> {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let needed = headerBytes;

  const takeFrames = () => {
    let bytes = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting);
    while (bytes.length >= needed) {
      needed = frameSize(bytes);
      if (bytes.length < needed) break;
      const { message, numbers } = decodeFrame(bytes.subarray(0, needed));
      bytes = bytes.subarray(needed);
      needed = headerBytes;
      // Both ends are this program and `hello` has compared the versions.
      onMessage(message as In, numbers);
    }
    waiting = [bytes];
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

function frameSize(bytes: Buffer): number {
  const size = headerBytes + bytes.readUInt32LE(0) + bytes.readUInt32LE(4);
  if (size > frameLimit)
    throw new MemoryMcpError('internal', 'The inference process and the server lost each other: a frame is too long');
  return size;
}

function decodeFrame(frame: Buffer): { message: unknown; numbers: Float32Array } {
  const textEnd = headerBytes + frame.readUInt32LE(0);
  const message: unknown = JSON.parse(frame.toString('utf8', headerBytes, textEnd));
  // A copy, because float32 needs an aligned start and the buffer is reused.
  const numbers = new Float32Array(Uint8Array.from(frame.subarray(textEnd)).buffer);
  return { message, numbers };
}
