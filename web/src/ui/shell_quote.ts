/** One word of a POSIX shell command, quoted only where it must be. */
export function quoteShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replace(/'/g, `'\\''`)}'`;
}
