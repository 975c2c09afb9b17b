/** The topics that agencies subscribe to. */
import type { Definitions } from '../../server/definitions/definitions.ts'
import { filtersOf, resourcesOf, topicsOf, type TopicTrigger } from '../../server/domain/subscription/topic.ts'
import { code, page, table } from './page.ts'

export function topicsPage(definitions: Definitions): string {
  const rows = topicsOf(definitions).map((topic) => {
    const { url, title, description, triggers } = topic
    return [
      code(url),
      title,
      resourcesOf(topic).join(', '),
      [...new Set(triggers.map(onOf))].join(', '),
      filtersOf(topic).map(code).join(', '),
      triggers.some(({ gone }) => gone) ? 'yes' : '',
      description,
    ]
  })
  return page(
    'Subscription topics',
    'A subscriber is notified only of records that it may know of, whatever it subscribes to. How to subscribe: [subscriptions](../subscriptions.md).',
    table(['topic', 'title', 'type', 'on', 'filters', 'also to those that lose sight of it', 'when'], rows),
  )
}

const onOf = ({ access, interactions }: TopicTrigger): string =>
  access === undefined ? interactions.join(', ') : `access ${access}`
