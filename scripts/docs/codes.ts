/** The code systems and value sets that the hub publishes. */
import type { Definitions } from '../../server/definitions/definitions.ts'
import { items } from '../../server/fhir/element.ts'
import { code, page, string, table } from './page.ts'

export function codesPage(definitions: Definitions): string {
  return page(
    'Codes',
    'Read one with `GET CodeSystem/<id>` or `GET ValueSet/<id>`.',
    '## Code systems',
    table(
      ['code system', 'title', 'codes', 'content', 'what it is'],
      definitions
        .published('CodeSystem')
        .map((one) => [
          code(string(one.id)),
          string(one.title),
          String(items(one.concept).length),
          string(one.content),
          string(one.description),
        ]),
    ),
    '## Value sets',
    table(
      ['value set', 'title', 'what it is'],
      definitions
        .published('ValueSet')
        .map((one) => [code(string(one.id)), string(one.title), string(one.description)]),
    ),
  )
}
