/**
 * Finds texts that look like keys and passwords, which do not belong into a memory that is shown to models. Says what
 * kind each is and never the text itself.
 */
import { lazily } from '../core/lazily.ts';

/** The prefixes are those that the services document for their keys. Each pattern is linear in the text. */
const patterns: readonly (readonly [kind: string, pattern: string])[] = [
  ['a private key', '-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----'],
  ['an Anthropic key', '\\bsk-ant-[\\w-]{20,}'],
  ['an OpenAI key', '\\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,}'],
  ['a GitHub token', '\\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})'],
  ['a GitLab token', '\\bgl(?:pat|dt|rt)-[\\w-]{20,}'],
  ['an AWS access key', '\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b'],
  ['a Google API key', '\\bAIza[\\w-]{35}'],
  ['a Slack token', '\\bxox[abeprs]-[\\w-]{10,}'],
  ['a Stripe key', '\\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}'],
  ['an npm token', '\\bnpm_[A-Za-z0-9]{36}\\b'],
  ['a PyPI token', '\\bpypi-[\\w-]{50,}'],
  ['a Hugging Face token', '\\bhf_[A-Za-z0-9]{30,}\\b'],
  ['a JSON Web Token', '\\beyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.[\\w-]{10,}'],
  ['a password in a URL', '\\b[a-z][a-z0-9+.-]{1,20}://[^\\s/:@"\']{1,100}:[^\\s/@"\']{3,200}@'],
  [
    'a password or token',
    '\\b(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|パスワード|暗証番号)["\']?\\s{0,3}(?:[:=：]|は)\\s{0,3}["\']?(?=[^\\s"\']{0,200}[0-9])(?=[^\\s"\']{0,200}[A-Za-z])[^\\s"\',;。、]{8,200}',
  ],
];

const compiled = lazily(() =>
  patterns.map(([kind, pattern]) => ({
    kind,
    pattern: new RegExp(pattern, kind === 'a password or token' ? 'iu' : 'u'),
  })),
);

/** The first kind of secret that the text seems to contain. */
export function secretIn(text: string): string | undefined {
  return compiled().find(({ pattern }) => pattern.test(text))?.kind;
}
