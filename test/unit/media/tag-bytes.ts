/** Bytes from hex with spaces; 'text' in quotes stands for its characters: `91 'hvc1' 000028`. */
export function tagBytes(text: string): Buffer {
  const parts = text.split(' ').map((part) => {
    return part.startsWith("'") ? Buffer.from(part.slice(1, -1), 'latin1') : Buffer.from(part, 'hex');
  });
  return Buffer.concat(parts);
}
