/**
 * The two web pages: a welcome page that says where clients connect, and a sign-in form for a token. They are static and
 * never contain stored or received text.
 */
import { createHash } from 'node:crypto';

const signIn = `
const form = document.querySelector('form');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const token = new FormData(form).get('token');
  const reply = await fetch('/', { headers: { Authorization: 'Bearer ' + token } });
  const text = await reply.text();
  if (reply.ok) document.body.replaceChildren(...new DOMParser().parseFromString(text, 'text/html').body.childNodes);
  else document.querySelector('output').textContent = reply.status === 429 ? 'Too many attempts. Wait a second.' : 'This token is not valid.';
});
`;

const style =
  'body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code{font-size:.95em}input,button{font:inherit;padding:.3rem .6rem}output{display:block;margin-top:1rem}';

/** Allows only the script and the style above: no frames, nothing from other sites. */
const pagePolicy = [
  "default-src 'none'",
  `style-src '${hashSource(style)}'`,
  `script-src '${hashSource(signIn)}'`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': pagePolicy,
};

export const welcomePage = renderPage(`<h1>memory-mcp</h1>
<p>This is a memory server for AI assistants. It is running.</p>
<ul>
<li>MCP clients connect to <code>/mcp</code> on this address (Streamable HTTP).</li>
<li>Programs call any operation at <code>/api/&lt;operation&gt;</code>, for example <code>/api/memory_list</code>.</li>
<li><code>/health</code> reports the state of the server, <code>/metrics</code> is for Prometheus.</li>
</ul>
<p>The header <code>X-Persona</code> selects the persona.</p>`);

export const signInPage = renderPage(`<h1>memory-mcp</h1>
<p>This server requires a token. If none are configured, <code>memory-mcp token</code> shows it where the server runs.</p>
<form><label>Token <input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Sign in</button><output aria-live="polite"></output></form>
<script>${signIn}</script>`);

function renderPage(body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>memory-mcp</title><style>${style}</style></head>
<body>
${body}
</body></html>
`;
}

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
