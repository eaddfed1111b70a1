// k8s/: every manifest is what the Kubernetes API takes, and every srs.conf in it is one that the server takes
// without a word.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { load } from '../../../src/config/load.ts';
import { problems, type Typed } from './kubernetes-schema.ts';

const folder = resolve(import.meta.dirname, '../../../k8s');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

interface Manifest extends Typed {
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

function manifestsOf(file: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

describe.each(files)('%s', (file) => {
  const manifests = manifestsOf(file);

  test('every manifest fits the schema of the API', () => {
    for (const manifest of manifests) {
      expect(problems(manifest), `${manifest.kind} ${manifest.metadata.name}`).toEqual([]);
    }
  });

  test('every srs.conf loads without a diagnostic', () => {
    for (const { metadata, data } of manifests) {
      const text = data?.['srs.conf'];
      if (text === undefined) continue;
      const readFile = () => Buffer.from(text);
      const host = { openFiles: undefined, addresses: 1 };
      const request = { configFile: 'conf/srs.conf', envOnly: false, readFile, env: {}, cwd: '/', host };
      const { diagnostics, failure } = load(request);
      expect([failure, ...diagnostics], metadata.name).toEqual([undefined]);
    }
  });

  test('what one manifest names is there', () => {
    const names = new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    expect(names.size).toBe(manifests.length);
    const text = JSON.stringify(manifests);
    const maps = [...text.matchAll(/"configMap":\{"name":"([^"]+)"/g)].map(
      (match) => `ConfigMap ${match[1]}`,
    );
    // The canary is applied beside the edge cluster.
    if (file !== 'canary.yaml') expect([...names]).toEqual(expect.arrayContaining(maps));
  });
});

describe('the check itself', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } };

  test('finds a field at a wrong place', () => {
    expect(problems({ ...service, spec: { ports: [{ port: 1, protocl: 'TCP' }] } } as Typed)).toEqual([
      '/spec/ports/0/protocl: not a field of the API',
    ]);
  });

  test('finds a wrong type and an API version that is gone', () => {
    expect(problems({ ...service, spec: { ports: 80 } } as Typed)).toHaveLength(1);
    expect(problems({ ...service, apiVersion: 'batch/v1beta1', kind: 'CronJob' } as Typed)).not.toEqual([]);
  });
});
