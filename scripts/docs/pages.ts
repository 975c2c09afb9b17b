/** The generated pages of docs/reference, by name: all but `errors.md`, whose examples a hub answers. */
import type { Definitions } from '../../server/definitions/definitions.ts'
import { codesPage } from './codes.ts'
import { jobsPage } from './jobs.ts'
import { operationsPage } from './operations.ts'
import { profilesPage } from './profiles.ts'
import { searchPage } from './search.ts'
import { topicsPage } from './topics.ts'

export const referencePages = (definitions: Definitions): Readonly<Record<string, string>> => ({
  'profiles.md': profilesPage(definitions),
  'search.md': searchPage(definitions),
  'operations.md': operationsPage(definitions),
  'jobs.md': jobsPage(),
  'topics.md': topicsPage(definitions),
  'codes.md': codesPage(definitions),
})
