// `security` and `refer`: SRS's verdicts, observed on a running 4.0.271 and 7.0.18 where they agree with sense.

import { describe, expect, test } from 'vitest';
import { type AccessAction, isAddressRule, refuseAccess } from '../../../src/hooks/access-rules.ts';

/** `allow publish all; deny play 1.2.3.4` to rules. */
function security(text: string) {
  const rules = text.split(';').filter((rule) => rule.trim() !== '');
  const of = (kind: string) =>
    rules
      .map((rule) => rule.trim().split(' '))
      .filter(([name]) => name === kind)
      .map(([, action = '', address = '']) => ({ action, address }));
  return { allow: of('allow'), deny: of('deny') };
}

describe('security', () => {
  test.each<[string, AccessAction, string, number | undefined]>([
    // No rule at all lets nobody in.
    ['', 'play', '1.2.3.4', 1054],
    ['', 'publish', '1.2.3.4', 1054],
    // One allow rule of either kind closes everything else.
    ['allow publish all', 'publish', '1.2.3.4', undefined],
    ['allow publish all', 'play', '1.2.3.4', 1054],
    ['allow play all; allow publish 10.0.0.1', 'publish', '10.0.0.1', undefined],
    ['allow play all; allow publish 10.0.0.1', 'publish', '10.0.0.2', 1054],
    // Deny rules alone let everybody else in.
    ['deny publish 1.2.3.4', 'publish', '1.2.3.4', 1053],
    ['deny publish 1.2.3.4', 'publish', '1.2.3.5', undefined],
    ['deny publish 1.2.3.4', 'play', '1.2.3.4', undefined],
    // A deny wins, whatever the order.
    ['allow play all; deny play 1.2.3.4', 'play', '1.2.3.4', 1053],
    ['deny play 1.2.3.4; allow play all', 'play', '1.2.3.4', 1053],
    ['deny play all; allow play 1.2.3.4', 'play', '1.2.3.4', 1053],
    // Networks, as SRS 5 has them, of both families.
    ['allow play 10.0.0.0/8', 'play', '10.255.0.1', undefined],
    ['allow play 10.0.0.0/8', 'play', '11.0.0.1', 1054],
    ['allow play 10.1.2.3/32', 'play', '10.1.2.3', undefined],
    ['allow play 0.0.0.0/0', 'play', '203.0.113.7', undefined],
    ['allow play 2001:db8::/32', 'play', '2001:db8:1::5', undefined],
    ['allow play 2001:db8::/32', 'play', '2001:db9::5', 1054],
    ['allow play 2001:db8:0:0::5', 'play', '2001:db8::5', undefined],
    ['allow play 10.0.0.0/8', 'play', '::ffff:10.0.0.1', undefined],
    ['deny play 0.0.0.0/0', 'play', '2001:db8::5', undefined],
    // What is no rule never matches.
    ['deny play example.com; deny publish 10.0.0.0/33', 'play', '1.2.3.4', undefined],
    ['allow play 10.0.0.0/x', 'play', '10.0.0.1', 1054],
  ])('%s: %s from %s', (rules, action, ip, code) => {
    const refusal = refuseAccess(
      { security: security(rules), refer: undefined },
      { action, ip, pageUrl: undefined },
    );
    expect(refusal?.code).toBe(code);
  });

  test('says which rule it was', () => {
    const options = { security: security('deny play 10.0.0.0/8'), refer: undefined };
    const refusal = refuseAccess(options, { action: 'play', ip: '10.0.0.1', pageUrl: undefined });
    expect(refusal?.text).toBe('deny by rule<play 10.0.0.0/8>');
  });

  test.each(['all', '10.0.0.1', '10.0.0.0/8', '::1', 'fe80::/10'])('%s is an address', (text) => {
    expect(isAddressRule(text)).toBe(true);
  });

  test.each(['', 'ALL', 'localhost', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '::1/129', '1.2.3.4/8/8'])(
    '%s is none',
    (text) => expect(isAddressRule(text)).toBe(false),
  );
});

describe('refer', () => {
  test.each<[string, string | undefined, boolean]>([
    ['http://example.com/page.html', 'example.com', true],
    ['https://a.example.com:8080/x', 'example.com', true],
    ['https://A.Example.COM', 'example.com', true],
    ['example.com/x', 'example.com', true],
    ['http://other.net/?u=http://example.com', 'example.com', false],
    ['http://example.com.cn/', 'example.com', false],
    // SRS lets this pass: it compares the ends of the texts.
    ['http://notexample.com/', 'example.com', false],
    ['http://a.example.com/', '.example.com', true],
    ['', 'example.com', false],
    ['http://example.org/', 'example.com example.org', true],
    // A list that is there and empty allows nobody; one that is absent everybody.
    ['http://example.com/', '', false],
    ['http://example.com/', undefined, true],
  ])('a page at "%s" with "%s" may play: %s', (pageUrl, domains, isAllowed) => {
    const play = domains?.split(' ').filter((domain) => domain !== '');
    const refer = { all: undefined, publish: [], play };
    const refusal = refuseAccess({ security: undefined, refer }, { action: 'play', ip: '1.2.3.4', pageUrl });
    expect(refusal?.code).toBe(isAllowed ? undefined : 2015);
  });

  test('`all` counts for both, beside the list of each', () => {
    const refer = { all: ['example.com'], publish: ['a.example.com'], play: undefined };
    const verdict = (action: AccessAction, pageUrl: string) =>
      refuseAccess({ security: undefined, refer }, { action, ip: '1.2.3.4', pageUrl }) === undefined;
    expect(verdict('play', 'http://b.example.com/')).toBe(true);
    expect(verdict('publish', 'http://b.example.com/')).toBe(false);
    expect(verdict('publish', 'http://a.example.com/')).toBe(true);
    expect(verdict('play', 'http://example.net/')).toBe(false);
  });
});
