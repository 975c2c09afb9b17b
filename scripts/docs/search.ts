/** The page of each type: interactions, search parameters, includes. */
import type { Definitions, ResourceCapability } from '../../server/definitions/definitions.ts'
import { MISSING } from '../../server/search/type.ts'
import { SEARCH_TYPE_NAMES, SEARCH_TYPES } from '../../server/search/types/index.ts'
import { code, page, table, tail } from './page.ts'

export function searchPage(definitions: Definitions): string {
  return page(
    'Types and their search parameters',
    `Every type also takes \`_id\`, \`_profile\`, \`_security\`, \`_source\`, \`_tag\`, \`_lastUpdated\`, \`_count\` (50, at most 200; 0 asks for the total), \`_sort\` (several, \`-\` for descending; by no composite or special parameter; also by a chain, \`-patient.birthdate\`), \`_include\`, \`_total=accurate\` (\`estimate\` counts exactly, too) and \`_summary=count\`. Several values after a comma are alternatives; several parameters all hold. Modifiers: ${modifiers()}. \`_contained=true\` finds resources that others contain, and \`both\` records as well: answered as the record that contains them, or with \`_containedType=contained\` alone, under the address of that record and \`#id\`; not with \`_sort\`, \`_has\`, \`_list\` or in a compartment. (Chains lead to records alone.) An unknown parameter is refused with 400; with \`Prefer: handling=lenient\` it is ignored, and the Bundle says so.`,
    'Dates and numbers take the prefixes `eq`, `ne`, `gt`, `lt`, `ge`, `le`, `sa`, `eb` and `ap`. A number without a prefix is searched by its precision: `100` finds what is at least 99.5 and less than 100.5, `100.0` what is at least 99.95 and less than 100.05; `gt100` is greater than exactly 100. `HUB_RULES=open` offers the number parameters of R4, for example `RiskAssessment?probability=gt0.8`.',
    'Texts are compared without case, accents and punctuation (`obrien` finds `O’Brien`, `strasse` finds `Straße`), and the names of people are found by the beginning of each of their words. Codes and identifiers are compared without case, except those of a code system that is case sensitive. Of an element of type code the system is implied: `status=active` and `status=http://hl7.org/fhir/request-status|active` find the same.',
    'A quantity is `number|system|code`, or `number||code` for a code or unit of any system. In a unit of UCUM it finds the same amount in any other (`1|http://unitsofmeasure.org|kg` finds 1000 g, and `1.000|...|kg` does so to the gram). A composite has its parts with `$` between them, met by one element together. `near` is `latitude|longitude|distance|unit`, within 50 km where no distance is given, in km where no unit is. `:in` and `:not-in` take a value set that the hub can list, by its url or as `ValueSet/<id>`, with 5,000 codes at most. `:above` and `:below` of a reference follow what records are part of (`Encounter?location:below=Location/1`); of a canonical, its address. A definition is found by `url` with its version: `url=http://a.example/v|2`.',
    'With `HUB_RULES=open` or `HUB_TEXT_SEARCH=on`, `_text` finds words of the narrative and `_content` words of the whole resource: texts, names, codes and displays, but no ids, addresses, dates and binary data. All words of a value must be there, in any order, without case and accents: `_content=bread work`. `OR`, `AND`, `NOT` and parentheses combine them, `*` ends the beginning of a word (`_text=(bread OR trans*) and NOT work`), and a comma separates alternatives. Phrases in quotation marks are refused. Of a record the first 100,000 characters are read.',
    ...definitions.capabilities.map(section),
  )
}

/** `:missing` on all, then the modifiers of each search type. */
function modifiers(): string {
  const ofType = SEARCH_TYPE_NAMES.flatMap((name) => {
    const own = SEARCH_TYPES[name].modifiers.filter((one) => one !== MISSING).map((one) => code(`:${one}`))
    if (SEARCH_TYPES[name].targetIsModifier) own.push(code(':<Type>'))
    return own.length > 0 ? [`${own.join(' and ')} on ${name}`] : []
  })
  return [`${code(`:${MISSING}`)} on all`, ...ofType].join(', ')
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
