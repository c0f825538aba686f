/**
 * Mends messages that deviate a little from the protocol, before the SDK refuses them: nulls for what is absent, members
 * that JSON-RPC does not have, a handshake without the name or version of the client, arguments as text. What a message
 * says is never changed, and an argument that the SDK would drop without a word reaches the operation.
 */

type Members = Readonly<Record<string, unknown>>;

/** The message as the SDK reads it; the value itself if it is no message. */
export function mendMessage(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { jsonrpc, id, method, params } = value;
  // An answer, or nothing that could be mended.
  if (typeof method !== 'string') return value;
  const mended = mendParams(method, params);
  return { jsonrpc, ...('id' in value && { id }), method, ...(mended !== undefined && { params: mended }) };
}

function mendParams(method: string, given: unknown): unknown {
  const absent = given === undefined || given === null || (Array.isArray(given) && given.length === 0);
  if (method === 'initialize') return absent || isObject(given) ? mendHandshake(isObject(given) ? given : {}) : given;
  if (absent) return undefined;
  if (!isObject(given)) return given;
  const params = withoutNulls(given);
  if (method === 'tools/call' && 'arguments' in params)
    return { ...params, arguments: readArguments(params.arguments) };
  if (method === 'prompts/get' && isObject(params.arguments)) {
    const texts = Object.entries(withoutNulls(params.arguments)).map(([name, value]) => [name, asText(value)]);
    return { ...params, arguments: Object.fromEntries(texts) };
  }
  return params;
}

/** Without a version of the protocol the server answers with its own. */
function mendHandshake(given: Members): Members {
  const { protocolVersion = 'not given', capabilities, clientInfo, ...others } = withoutNulls(given);
  const {
    name = 'unknown',
    version = 'unknown',
    ...about
  } = withoutNulls(isObject(clientInfo) ? clientInfo : { name: clientInfo });
  return {
    ...others,
    protocolVersion: asText(protocolVersion),
    capabilities: isObject(capabilities) ? withoutNulls(capabilities) : {},
    clientInfo: { ...about, name: asText(name), version: asText(version) },
  };
}

/** Some clients send the arguments as JSON text, and some languages write an empty map as a list. */
function readArguments(given: unknown): unknown {
  const members = readMembers(given);
  return isObject(members) && Object.hasOwn(members, '__proto__') ? quoteProto(members) : members;
}

/** The SDK's schema leaves out a member of this name. In quotes it stays, and the operation names it as unknown. */
function quoteProto(members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name === '__proto__' ? '"__proto__"' : name, value]),
  );
}

function readMembers(given: unknown): unknown {
  if (Array.isArray(given) && given.length === 0) return {};
  if (typeof given !== 'string') return given;
  if (given.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(given);
    return isObject(parsed) ? parsed : given;
  } catch {
    // Not JSON: the SDK says that arguments are an object.
    return given;
  }
}

function withoutNulls(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}

function asText(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
