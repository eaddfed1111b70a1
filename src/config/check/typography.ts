// Characters that look like the marks of srs.conf and are none: editors and web pages put them there.

const LOOKALIKES = /[；｛｝“”‘’\u3000\u00a0]/u;

/** Advice for a word with such a character, or undefined. */
export function lookalikeAdvice(word: string): string | undefined {
  const found = LOOKALIKES.exec(word)?.[0];
  if (found === undefined) return undefined;
  const code = found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return `"${found}" (U+${code}) is an ordinary character here: write ; { } " or a blank`;
}
