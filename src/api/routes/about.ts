// What this server is: version, authors, features.

import { type ApiRoute, data, route } from '../route.ts';
import { type FieldValues, flag, int, object, text } from '../schema/schema.ts';

const versionFields = {
  major: int('First number.'),
  minor: int('Second number.'),
  revision: int('Third number.'),
  version: text('All three.'),
};

const FEATURES = {
  ssl: true,
  hls: true,
  hds: false,
  callback: true,
  api: true,
  httpd: true,
  dvr: true,
  transcode: true,
  ingest: true,
  stat: true,
  caster: false,
  complex_send: true,
  tcp_nodelay: true,
  so_sendbuf: false,
  mr: true,
} as const;

const featureFields = Object.fromEntries(
  Object.keys(FEATURES).map((name) => [name, flag('Built in.')]),
) as Record<keyof typeof FEATURES, ReturnType<typeof flag>>;

/** Also answered on the port of http_server, where load balancers probe it. */
export const versionsRoute: ApiRoute = route({
  path: '/api/v1/versions',
  says: 'Version of the server.',
  fields: { data: object('Version.', versionFields) },
  handle: ({ identity }) => data({ data: versionValue(identity.version) }),
});

function versionValue(version: string): FieldValues<typeof versionFields> {
  const [major = 0, minor = 0, revision = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return { major, minor, revision, version };
}

export const aboutRoutes: readonly ApiRoute[] = [
  versionsRoute,
  route({
    path: '/api/v1/authors',
    says: 'License and contributors.',
    fields: {
      data: object('License and contributors.', {
        license: text('SPDX id.'),
        contributors: text('Names.'),
      }),
    },
    handle: () => data({ data: { license: 'MIT', contributors: 'the tsrs contributors' } }),
  }),
  route({
    path: '/api/v1/features',
    says: 'What the server can do.',
    fields: {
      data: object('How it was built.', {
        options: text('How it was built.'),
        options2: text('Runtime.'),
        build: text('Date of the build, empty if unknown.'),
        build2: text('The same as Unix time in s.'),
        features: object('Built-in parts.', featureFields),
      }),
    },
    handle: () =>
      data({
        data: {
          options: '',
          options2: `node ${process.version} ${process.platform} ${process.arch}`,
          build: '',
          build2: '',
          features: FEATURES,
        },
      }),
  }),
];
