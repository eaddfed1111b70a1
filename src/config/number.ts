// C's atoi and atof, because they decide what a number in srs.conf means (spec config 3.1).

/** Leading blanks, a sign and digits; anything else ends the number, nothing usable is 0. Saturates at 32 bits. */
export function atoi(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1];
  if (digits === undefined) return 0;
  return Math.max(-0x80000000, Math.min(0x7fffffff, Number(digits)));
}

/** Like atoi with a fraction and an exponent; hexadecimal, `inf` and `nan` count as 0, which no directive wants. */
export function atof(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.exec(text)?.[1];
  return digits === undefined ? 0 : Number(digits);
}

/** Whether the whole text is the number that atoi reads from it. */
export function isWholeNumber(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

/** Whether the whole text is the number that atof reads from it. */
export function isDecimal(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text);
}
