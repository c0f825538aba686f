/**
 * Mends messages that deviate a little from the protocol, before the SDK refuses them: nulls for what is absent, a
 * handshake without the name or version of the client, arguments as text. What a message says is never changed.
 */

type Members = Readonly<Record<string, unknown>>;

/** The message as the SDK reads it; the value itself if it is no message. */
export function mendMessage(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { method, params, ...others } = value;
  // An answer, or nothing that could be mended.
  if (typeof method !== 'string') return value;
  const mended = mendParams(method, params);
  return { ...others, method, ...(mended !== undefined && { params: mended }) };
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
