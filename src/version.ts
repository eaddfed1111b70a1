// The version of this package: one source for the command line, the API, the handshake and the metadata.

import packageFile from '../package.json' with { type: 'json' };

export const NAME = packageFile.name;
/** Three numbers, as SRS's. */
export const VERSION = packageFile.version;
