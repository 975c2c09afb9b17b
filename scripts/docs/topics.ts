/** The topics that agencies subscribe to. */
import type { Definitions } from '../../server/definitions/definitions.ts'
import { profileUrl } from '../../server/fhir/canonical.ts'
import { extensionOf, items } from '../../server/fhir/element.ts'
import { code, page, string, table } from './page.ts'

export function topicsPage(definitions: Definitions): string {
  const rows = definitions.published('Basic').map((basic) => {
    const parts = items(extensionOf(basic, profileUrl('ext-topic'))?.extension)
    const all = (name: string): readonly string[] =>
      parts.flatMap((part) => (part.url === name ? [string(part.valueUri ?? part.valueCode ?? part.valueString)] : []))
    return [
      code(all('url').join()),
      all('title').join(),
      all('resource').join(),
      all('interaction').join(', '),
      all('filter').map(code).join(', '),
      all('description').join(),
    ]
  })
  return page(
    'Subscription topics',
    'A subscriber is notified only of records that it may know of, whatever it subscribes to. How to subscribe: [subscriptions](../subscriptions.md).',
    table(['topic', 'title', 'type', 'on', 'filters', 'when'], rows),
  )
}
