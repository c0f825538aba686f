/**
 * Writes ONNX models as bytes, without a library: the few messages of onnx.proto that the test models need, in
 * protobuf's wire format. The same graph gives the same bytes on every machine.
 *
 * Formats: https://protobuf.dev/programming-guides/encoding/ and onnx/onnx.proto of the ONNX repository.
 */
export type Bytes = Uint8Array<ArrayBuffer>;

export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

export interface GraphNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Integer attributes are all that the graphs here use. */
  readonly attributes?: Readonly<Record<string, number>>;
}

export interface GraphValue {
  readonly name: string;
  readonly elementType: 'float' | 'int64';
  /** A string is a dimension that is known only when the model runs. */
  readonly dims: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Tensor[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

const elementTypes = { float: 1, int64: 7 } as const;
const integerAttribute = 2;
const irVersion = 8;
const opsetVersion = 17;

/** A ModelProto. */
export function onnxModel(graph: Graph): Bytes {
  return join([
    integer(1, irVersion),
    text(2, 'memory-mcp'),
    message(7, graphBytes(graph)),
    message(8, join([text(1, ''), integer(2, opsetVersion)])),
  ]);
}

function graphBytes(graph: Graph): Bytes {
  return join([
    ...graph.nodes.map((node) => message(1, nodeBytes(node))),
    text(2, graph.name),
    ...graph.constants.map((tensor) => message(5, tensorBytes(tensor))),
    ...graph.inputs.map((value) => message(11, valueBytes(value))),
    ...graph.outputs.map((value) => message(12, valueBytes(value))),
  ]);
}

function nodeBytes(node: GraphNode): Bytes {
  return join([
    ...node.inputs.map((input) => text(1, input)),
    text(2, node.output),
    text(3, node.output),
    text(4, node.type),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) =>
      message(5, join([text(1, name), integer(3, value), integer(20, integerAttribute)])),
    ),
  ]);
}

function tensorBytes(tensor: Tensor): Bytes {
  const isFloat = tensor.values instanceof Float32Array;
  return join([
    ...tensor.dims.map((size) => integer(1, size)),
    integer(2, isFloat ? elementTypes.float : elementTypes.int64),
    text(8, tensor.name),
    message(9, littleEndian(tensor.values)),
  ]);
}

function valueBytes(value: GraphValue): Bytes {
  const dims = value.dims.map((size) => message(1, typeof size === 'number' ? integer(1, size) : text(2, size)));
  const tensorType = join([integer(1, elementTypes[value.elementType]), message(2, join(dims))]);
  return join([text(1, value.name), message(2, message(1, tensorType))]);
}

function littleEndian(values: Float32Array | BigInt64Array): Bytes {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) {
    if (typeof value === 'number') view.setFloat32(index * 4, value, true);
    else view.setBigInt64(index * 8, value, true);
  }
  return bytes;
}

function integer(field: number, value: number): Bytes {
  return join([varint(BigInt(field << 3)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

function text(field: number, value: string): Bytes {
  return message(field, new TextEncoder().encode(value));
}

function message(field: number, content: Bytes): Bytes {
  return join([varint(BigInt((field << 3) | 2)), varint(BigInt(content.length)), content]);
}

function varint(value: bigint): Bytes {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function join(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
