import { expect, test } from 'vitest';
import { inotifyLine } from '../../../src/lifecycle/inotify-line.ts';

// The lines of the Kubernetes guide and of a run of SRS 4.
test.for([
  [
    'directory-created',
    '..2020_03_12_14_34_17.976827533',
    false,
    'inotify event wd=1, mask=0x40000100, len=32, name=..2020_03_12_14_34_17.976827533, reload=0',
  ],
  ['created', '..data_tmp', false, 'inotify event wd=1, mask=0x100, len=16, name=..data_tmp, reload=0'],
  ['moved-here', '..data', true, 'inotify event wd=1, mask=0x80, len=16, name=..data, reload=1'],
  ['modified', 'srs.conf', true, 'inotify event wd=1, mask=0x2, len=16, name=srs.conf, reload=1'],
  [
    'modified',
    'fifteen-letters',
    false,
    'inotify event wd=1, mask=0x2, len=16, name=fifteen-letters, reload=0',
  ],
  [
    'modified',
    'sixteen--letters',
    false,
    'inotify event wd=1, mask=0x2, len=32, name=sixteen--letters, reload=0',
  ],
] as const)('%s %s', ([event, name, isReload, line]) => {
  expect(inotifyLine(event, name, isReload)).toBe(line);
});
