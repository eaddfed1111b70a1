// All routes of the API: api-server.ts serves them, open-api.ts describes them.

import type { ApiRoute } from './route.ts';
import { aboutRoutes } from './routes/about.ts';
import { clusterRoutes } from './routes/clusters.ts';
import { apiListing, testRoutes, v1Listing } from './routes/listing.ts';
import { processRoutes } from './routes/process.ts';
import { rawRoute, reloadRoute } from './routes/raw.ts';
import { streamRoutes } from './routes/streams.ts';

/** Routes below /api/, which may share a port with files. */
export const apiRoutes: readonly ApiRoute[] = [
  apiListing,
  v1Listing,
  ...aboutRoutes,
  ...processRoutes,
  ...streamRoutes,
  ...clusterRoutes,
  rawRoute,
  reloadRoute,
  ...testRoutes,
];
