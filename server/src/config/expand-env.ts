/**
 * Replaces `${VAR}`, `${VAR:-default}` and `${VAR-default}` by the environment; a variable that is not set becomes
 * nothing. `$$` is a dollar sign.
 *
 * @throws Error for any other operator
 */
export function expandEnv(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\$|\$\{([^}]*)\}/g, (whole, inside: string | undefined) => {
    if (whole === "$$") return "$";
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=])([\s\S]*))?$/.exec(inside ?? "");
    if (match === null)
      throw new Error(`cannot expand ${whole}: write \${VAR} or \${VAR:-default}`);
    const value = env[match[1]!];
    if (match[2] === undefined) return value ?? "";
    const missing = match[2].startsWith(":")
      ? value === undefined || value === ""
      : value === undefined;
    return missing ? (match[3] ?? "") : value!;
  });
}
