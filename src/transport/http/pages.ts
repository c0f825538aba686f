/**
 * The two pages of a server without a dashboard: what this is and where clients connect, and the form that asks for a
 * token. Static: nothing that was stored or sent ever gets into them.
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
  else document.querySelector('output').textContent = reply.status === 429 ? 'Too many tries: wait a second.' : 'This token is not valid here.';
});
`;

const style =
  'body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code{font-size:.95em}input,button{font:inherit;padding:.3rem .6rem}output{display:block;margin-top:1rem}';

/** No script but the one above, no frame, nothing from elsewhere. */
const pagePolicy = [
  "default-src 'none'",
  `style-src '${hashOf(style)}'`,
  `script-src '${hashOf(signIn)}'`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': pagePolicy,
};

export const welcomePage = page(`<h1>memory-mcp</h1>
<p>This is a memory server for AI assistants. It is running.</p>
<ul>
<li>MCP clients connect to <code>/mcp</code> on this address (Streamable HTTP).</li>
<li>Programs may call any operation as <code>/api/&lt;operation&gt;</code>, for example <code>/api/memory_list</code>.</li>
<li><code>/health</code> says whether it works, <code>/metrics</code> is for Prometheus.</li>
</ul>
<p>The header <code>X-Persona</code> says whose memories are meant.</p>`);

export const signInPage = page(`<h1>memory-mcp</h1>
<p>This server wants one of its tokens.</p>
<form><label>Token <input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Sign in</button><output aria-live="polite"></output></form>
<script>${signIn}</script>`);

function page(body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>memory-mcp</title><style>${style}</style></head>
<body>
${body}
</body></html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
