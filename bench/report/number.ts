// Figures as a reader wants them: three digits that count, and a dash where there is nothing.

export function show(value: number | undefined, digits = 1): string {
  return value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);
}

/** Median, and the range when there is more than one value. */
export function showRange(values: readonly number[], middle: number | undefined, digits = 1): string {
  if (middle === undefined) return '-';
  const text = show(middle, digits);
  if (values.length < 2) return text;
  return `${text} (${show(Math.min(...values), digits)}–${show(Math.max(...values), digits)})`;
}
