// Origins that are asked on behalf of a client, before an edge serves it.

import { expect, test } from 'vitest';
import { checkToken } from '../../../../src/cluster/edge/token-check.ts';
import { silentLogger } from '../../../helpers/silent-logger.ts';
import { FakeOrigins } from '../fake-origins.ts';

const client = {
  tcUrl: 'rtmp://edge.example.com/live?token=1',
  app: 'live',
  pageUrl: 'http://example.com/page',
  swfUrl: 'http://example.com/player.swf',
  args: undefined,
};

function ask(...list: readonly string[]) {
  const origins = new FakeOrigins();
  const options = { origins: list, dial: origins.dial, lookup: () => {}, log: silentLogger };
  return { origins, verdict: checkToken(client, options) };
}

test('the first origin that can be reached hears the client’s own words, and its yes is enough', async () => {
  const { origins, verdict } = ask('10.0.0.1', '10.0.0.2');
  const asked = origins.at('10.0.0.1:1935').accept();
  expect(await verdict).toEqual({ type: 'admitted' });
  const { tcUrl, pageUrl, swfUrl } = client;
  expect(asked.options.session).toMatchObject({ role: 'connect', tcUrl, pageUrl, swfUrl });
  expect(origins.targets).toEqual(['10.0.0.1:1935']);
  expect(origins.open).toEqual([]);
});

test('its no is final, and told', async () => {
  const { origins, verdict } = ask('10.0.0.1', '10.0.0.2');
  origins.at('10.0.0.1:1935').refuse('NetConnection.Connect.Rejected');
  expect(await verdict).toEqual({ type: 'refused', reason: 'NetConnection.Connect.Rejected' });
  expect(origins.targets).toEqual(['10.0.0.1:1935']);
});

test('one that cannot be reached is passed; if none can, nobody is let in', async () => {
  const { origins, verdict } = ask('10.0.0.1', '10.0.0.2:1936');
  origins.at('10.0.0.1:1935').fail('connect');
  await new Promise(setImmediate);
  origins.at('10.0.0.2:1936').fail('connect');
  expect(await verdict).toEqual({ type: 'refused', reason: 'rtmp: Illegal edge token, server=2' });
});
