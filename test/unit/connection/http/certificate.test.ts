import type { Server } from 'node:http';
import { expect, test } from 'vitest';
import { Certificate, type TlsFiles } from '../../../../src/connection/http/certificate.ts';
import { createLogger } from '../../../../src/log/logger.ts';

function setUp(first: TlsFiles) {
  const used: string[] = [];
  const lines: string[] = [];
  const state = { files: first, error: undefined as Error | undefined };
  const server = {
    setSecureContext: ({ cert }: TlsFiles) => {
      if (cert.toString() === 'broken') throw new Error('no PEM');
      used.push(cert.toString());
    },
  } as unknown as Server;
  const log = createLogger({
    isEnabled: () => true,
    writeLine: (_level, _id, _tag, text) => {
      lines.push(text);
    },
  });
  const certificate = new Certificate(() => {
    if (state.error !== undefined) throw state.error;
    return state.files;
  }, log);
  return { used, lines, state, server, certificate };
}

const files = (name: string): TlsFiles => ({ cert: Buffer.from(name), key: Buffer.from(`${name} key`) });

test('a certificate is replaced when its files have changed, and only then', () => {
  const { used, lines, state, server, certificate } = setUp(files('old'));
  certificate.start(server);
  certificate.check(server);
  certificate.check(server);
  expect(used).toEqual(['old']);
  state.files = files('new');
  certificate.check(server);
  certificate.check(server);
  certificate.close();
  expect(used).toEqual(['old', 'new']);
  expect(lines).toEqual(['https: new certificate in use']);
});

test('files that cannot be used leave the old one in place, with one line in the log', () => {
  const { used, lines, state, server, certificate } = setUp(files('old'));
  certificate.start(server);
  state.error = new Error('ENOENT');
  certificate.check(server);
  certificate.check(server);
  state.error = undefined;
  state.files = files('broken');
  certificate.check(server);
  state.files = files('new');
  certificate.check(server);
  certificate.close();
  expect(used).toEqual(['old', 'new']);
  expect(lines).toEqual([
    'https: the certificate stays as it was: ENOENT',
    'https: the certificate stays as it was: no PEM',
    'https: new certificate in use',
  ]);
});

test('a start without usable files fails', () => {
  const { server, certificate } = setUp(files('broken'));
  expect(() => certificate.start(server)).toThrow('no PEM');
  certificate.close();
});
