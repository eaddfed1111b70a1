// Part of the build: one file instead of 500, which halves the time from start to listening, and a server that needs
// no node_modules beside it. What is loaded on demand stays a file of its own. See "Start" in bench/README.md.

import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

/** fastify loads these only for routes with schemas and for requests that a test injects; the server has neither. */
const unused = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'light-my-request'];

export default defineConfig({
  input: { main: 'src/main.ts', 'process/ffmpeg-binary': 'src/process/ffmpeg-binary.ts' },
  platform: 'node',
  external: unused,
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    // One level down, as the sources: what they find beside themselves by URL is where they expect it.
    chunkFileNames: 'chunk/[name].js',
    sourcemap: true,
    // V8 keeps the source, at two bytes per character if one of them is not Latin-1.
    charset: 'ascii',
    comments: false,
  },
  plugins: [{ name: 'licences', generateBundle }],
});

/** The licences of the packages in the bundle ask to be copied with them. */
function generateBundle(_options, bundle) {
  const folders = new Set();
  for (const chunk of Object.values(bundle)) {
    for (const module of Object.keys(chunk.modules ?? {})) {
      const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0];
      if (folder !== undefined) folders.add(folder);
    }
  }
  this.emitFile({
    type: 'asset',
    fileName: 'licences.txt',
    source: [...folders].sort().map(licenceOf).join('\n'),
  });
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'license', 'LICENCE', 'LICENSE.txt']
    .map((each) => `${folder}/${each}`)
    .find((path) => existsSync(path));
  const text = file === undefined ? '' : readFileSync(file, 'utf8');
  return `=== ${name} ${version} (${license})\n\n${text}`;
}
