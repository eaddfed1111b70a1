// From `security` and `refer` of a vhost to the rules that clients are held against.

import type { AccessOptions, AddressRule, ReferOptions } from '../../hooks/access-rules.ts';
import type { VhostSettings } from '../directives/table.ts';

export function accessOptions({ security, refer }: VhostSettings): AccessOptions {
  return {
    security: security.enabled ? { allow: rulesOf(security.allow), deny: rulesOf(security.deny) } : undefined,
    refer: refer.enabled ? referOf(refer) : undefined,
  };
}

function rulesOf(lines: readonly (readonly string[])[]): readonly AddressRule[] {
  return lines.map(([action = '', address = '']) => ({ action, address }));
}

function referOf({ all, publish, play }: VhostSettings['refer']): ReferOptions {
  return { all, publish, play };
}
