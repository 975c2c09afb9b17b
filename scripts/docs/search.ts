/** The page of each type: interactions, search parameters, includes. */
import type { Definitions, ResourceCapability } from '../../server/definitions/definitions.ts'
import { code, page, table, tail } from './page.ts'

export function searchPage(definitions: Definitions): string {
  return page(
    'Types and their search parameters',
    'Every type also takes `_id`, `_lastUpdated`, `_count` (50, at most 200; 0 asks for the total), `_sort` (several, `-` for descending), `_include`, `_total=accurate` and `_summary=count`. Several values after a comma are alternatives; several parameters all hold. Modifiers: `:missing` on all, `:not` on token, `:exact` and `:contains` on string, `:<Type>` on reference. An unknown parameter is refused with 400; with `Prefer: handling=lenient` it is dropped and told in the Bundle.',
    ...definitions.capabilities.map(section),
  )
}

function section(offer: ResourceCapability): string {
  const notes = [
    `Interactions: ${offer.interactions.map(code).join(', ')}.`,
    offer.versioning === 'versioned-update' ? 'Updated and deleted only with `If-Match`.' : '',
    offer.writer === 'board' ? 'A lookup: written by the board, read by every agency.' : '',
    offer.includes.length > 0 ? `Includes: ${offer.includes.map(code).join(', ')}.` : '',
  ]
  return [
    `## ${offer.type}`,
    ...(offer.profiles.length > 0
      ? [`Profile: ${offer.profiles.map((url) => `[${tail(url)}](profiles.md#${tail(url)})`).join(', ')}.`]
      : []),
    notes.filter((one) => one !== '').join(' '),
    table(
      ['parameter', 'type', 'selects', 'meaning'],
      offer.searchParameters.map((one) => [code(one.code), one.type, code(one.expression), one.documentation]),
    ),
  ].join('\n\n')
}
