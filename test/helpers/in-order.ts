// Lines that must come in this order, whatever comes between them.

import { expect } from 'vitest';

export function expectInOrder(text: string, patterns: readonly RegExp[]): void {
  let from = 0;
  for (const pattern of patterns) {
    const found = pattern.exec(text.slice(from));
    expect(found, `${pattern} behind what came before it, in\n${text.slice(from)}`).not.toBeNull();
    from += (found?.index ?? 0) + (found?.[0].length ?? 0);
  }
}
