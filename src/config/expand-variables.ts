import type { ConfigIssue, ConfigPath } from './config-issue.js';

const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;
const NAME_AND_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Replaces `${VAR}` and `${VAR:-default}` inside strings, after the YAML was parsed, so that a variable's value is
 * only ever text and can never add keys. As in a shell, `:-` also covers a variable that is set but empty. `$${`
 * stands for a literal `${`. Values are not expanded again.
 * @returns a copy; problems are added to `issues`
 */
export function expandVariables(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
  issues: ConfigIssue[],
  path: ConfigPath = [],
): unknown {
  if (typeof value === 'string') return expandText(value, env, issues, path);
  if (Array.isArray(value)) return value.map((item, i) => expandVariables(item, env, issues, [...path, i]));
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) {
    copy[key] = expandVariables(inner, env, issues, [...path, key]);
  }
  return copy;
}

function expandText(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  issues: ConfigIssue[],
  path: ConfigPath,
): string {
  return text.replace(REFERENCE, (whole: string, inside: string | undefined) => {
    if (inside === undefined) return '${';
    const parts = NAME_AND_DEFAULT.exec(inside);
    if (parts === null) {
      issues.push({
        path,
        code: 'CONFIG_VARIABLE',
        message: `A \${...} must hold a variable name, or a name with a default as in \${NAME:-default}.`,
        hint: 'Write $${ for a literal ${.',
      });
      return whole;
    }
    const name = parts[1]!;
    const fallback = parts[2];
    const found = Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return found === undefined || found === '' ? fallback : found;
    if (found !== undefined) return found;
    issues.push({
      path,
      code: 'CONFIG_VARIABLE',
      message: `The environment variable ${name} is not set.`,
      hint: `Set it, or give a default: \${${name}:-}.`,
    });
    return whole;
  });
}
