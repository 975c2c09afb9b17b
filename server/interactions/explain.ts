/**
 * `_explain=true`: how the hub reads and answers a search, as informations beside the matches. A parameter of the hub's own,
 * for whom nothing is hidden from (the board; with open rules everybody); for other callers it does not exist.
 */
import { refuse, type Issue } from '../fhir/outcome.ts'
import { clip } from '../search/chain.ts'
import type { Filter, Query } from '../search/query.ts'
import type { ExplainedRead, Explanation, TestedCondition } from '../store/explanation.ts'
import type { Policy } from '../write/policy/policy.ts'
import type { Call } from './call.ts'
import type { ResolvedStep } from './resolve-chains.ts'

const EXPLAIN = '_explain'

/**
 * The parameters of a search without `_explain`, and what it says.
 * @throws OutcomeError `invalid-parameter`
 */
export function readExplain(
  { seesAll }: Pick<Policy, 'seesAll'>,
  { caller }: Call,
  params: Call['params'],
): { readonly explained: boolean; readonly params: Call['params'] } {
  if (!seesAll(caller) || !params.some(([name]) => name === EXPLAIN)) return { explained: false, params }
  const [value = '', ...more] = params.filter(([name]) => name === EXPLAIN).map(([, text]) => text)
  if (more.length > 0) throw refuse('invalid-parameter', `The parameter \`${EXPLAIN}\` was sent more than once.`)
  if (value !== 'true' && value !== 'false')
    throw refuse(
      'invalid-parameter',
      `The value \`${clip(value)}\` of \`${EXPLAIN}\` is neither \`true\` nor \`false\`.`,
    )
  return { explained: value === 'true', params: params.filter(([name]) => name !== EXPLAIN) }
}

/** As it is part of the self link. */
export const EXPLAINED: Call['params'] = [[EXPLAIN, 'true']]

/** The sentences of an explanation, each with its figures as JSON. */
export function explanationIssues(
  query: Query,
  steps: readonly ResolvedStep[],
  explanation: Explanation,
): readonly Issue[] {
  const { reads, thread, ms } = explanation
  return [
    readAs(query),
    ...steps.map(onTheWay),
    ...reads.map((one) => readFrom(query, one)),
    information(
      `It took ${ms.toFixed(1)} ms ${thread ? 'in a reader thread' : 'on the event loop'}, without the resources of the page.`,
      { ms: Number(ms.toFixed(3)), thread },
    ),
  ]
}

const information = (text: string, data: object): Issue => ({
  severity: 'information',
  detail: 'search-explained',
  text,
  data: JSON.stringify(data),
})

function readAs({ type, where, sort, limit, asOf }: Query): Issue {
  const of = typeof type === 'string' ? type : type.join(', ')
  const text = `Records of \`${of}\` are searched by the conditions in \`diagnostics\`: what the parameters mean, with the records that chains led to.`
  return information(text, { type, where: shortened(where), sort, limit, asOf })
}

function onTheWay({ types, param, records }: ResolvedStep): Issue {
  const of = types.map((type) => `\`${type}\``).join(', ')
  const what = param === undefined ? '`_list`' : param.startsWith('_') ? `\`${param}\`` : `the reference \`${param}\``
  return information(`On the way over ${what}: ${counted(records, 'record')} of ${of}.`, { types, param, records })
}

function readFrom({ asOf }: Query, read: ExplainedRead): Issue {
  const { purpose, from, lists, tests } = read
  const changed = asOf === undefined ? '' : ' Records that changed since are compared one by one, and are not counted.'
  const text = [
    `${purpose === 'page' ? 'The page is read' : 'The total is counted'} from ${source(read)}:`,
    `${counted(read.read, 'record')} read, each tested by ${counted(tests.length, 'condition')}.${changed}`,
  ].join(' ')
  return information(text, {
    ...read,
    from: from.kind === 'list' ? { kind: 'list', of: shortened(from.of) } : from,
    lists: lists.map((one) => ({ ...one, of: shortened(one.of) })),
    tests: tests.map(shortened),
  })
}

function source({ from, lists, tests }: ExplainedRead): string {
  // Of several types, each record is tested by its type.
  if (from.kind === 'every') return tests.some(({ op }) => op === 'type') ? 'every record' : 'every record of the type'
  if (from.kind === 'order') return `the index of \`${from.param}\`, in its order`
  const found = lists.find(({ of }) => of === from.of)
  const shortest = lists.length > 1 ? `, the shortest of ${lists.length} lists` : ''
  return `the list of ${nameOf(from.of)}${found ? ` (${counted(found.records, 'record')}${shortest})` : ''}`
}

function nameOf(condition: TestedCondition): string {
  if (condition.op === 'visible') return 'what the caller may know of'
  if (condition.op === 'id') return '`_id`'
  if (condition.op === 'updated') return '`_lastUpdated`'
  if ('param' in condition) return `\`${condition.param}\``
  if (condition.op === 'or' && condition.of.length === 0) return 'what no record meets'
  if (condition.op === 'or' || condition.op === 'and')
    return [...new Set(condition.of.map(nameOf))].join(` ${condition.op} `)
  return `\`${condition.op}\``
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** So many ids, codes and alternatives of a condition are shown. */
const SHOWN = 20

/** A condition with long lists cut: `more` says how many there are beside. */
function shortened(condition: TestedCondition): object {
  if (condition.op === 'not') return { op: 'not', of: shortened(condition.of) }
  if (condition.op === 'and' || condition.op === 'or') {
    const { op, of } = condition
    return { op, of: of.slice(0, SHOWN).map((one: Filter) => shortened(one)), ...more(of) }
  }
  const lists = Object.entries(condition).filter(([, value]) => Array.isArray(value) && value.length > SHOWN)
  const cut = lists.map(([name, value]) => [name, (value as readonly unknown[]).slice(0, SHOWN)] as const)
  return { ...condition, ...Object.fromEntries(cut), ...more((lists[0]?.[1] as readonly unknown[] | undefined) ?? []) }
}

const more = (list: readonly unknown[]): object => (list.length > SHOWN ? { more: list.length - SHOWN } : {})
