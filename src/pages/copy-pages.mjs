// Part of the build: puts the pages and the two player libraries into one folder that any web server can serve.

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const from = dirname(fileURLToPath(import.meta.url));
const to = join(from, '../../dist/pages');
const packages = join(from, '../../node_modules');

/** Minified, as their packages bring them; `.js` because web servers often have no type for `.mjs`. */
const libraries = {
  'mpegts.js/dist/mpegts.js': 'assets/mpegts.js',
  'mpegts.js/LICENSE': 'assets/mpegts.LICENSE.txt',
  'hls.js/dist/hls.min.mjs': 'assets/hls.js',
  'hls.js/LICENSE': 'assets/hls.LICENSE.txt',
};

rmSync(to, { recursive: true, force: true });
cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('copy-pages.mjs') });
for (const [source, target] of Object.entries(libraries)) {
  // Their source maps stay behind, so they must not point to them.
  const text = readFileSync(join(packages, source), 'utf8').replace(/\n\/\/# sourceMappingURL=.*/, '');
  writeFileSync(join(to, target), text);
}
