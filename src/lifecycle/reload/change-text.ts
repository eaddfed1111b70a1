// A change of the configuration in words, for the log and for the dry run.

import type { ConfigChange } from '../../config/diff.ts';

/** `http_api.listen changes from 1985 to 1986`, `vhost a.com: hls.enabled changes from off to on`. */
export function describeChange({ vhost, path, kind, before, after }: ConfigChange): string {
  const where = vhost === undefined ? '' : path === '' ? `vhost ${vhost}` : `vhost ${vhost}: `;
  if (path === '') return `${where} is ${kind}`;
  return `${where}${path} changes from ${valueText(before)} to ${valueText(after)}`;
}

const MAX_VALUE_LENGTH = 200;

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (isEndpoint(value)) return value.text;
  if (Array.isArray(value) && value.every(isPlain))
    return value.length === 0 ? 'nothing' : value.map(valueText).join(' ');
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (text === '') return 'nothing';
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}

function isEndpoint(value: unknown): value is { readonly text: string } {
  return typeof value === 'object' && value !== null && 'text' in value && 'port' in value;
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || isEndpoint(value);
}
