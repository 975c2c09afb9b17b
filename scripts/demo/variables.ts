/** Names for what the hub assigned (ids, its own number of a person, times), so that recorded requests can be sent again. */
import type { Exchange } from './messages.ts'

type Variable = { readonly name: string; readonly value: string; readonly path: string; readonly from: Exchange }

/** An id, the hub's number of a person, an instant. */
const MADE = /\b(?:[0-9a-z]{26}|MS[0-9A-Z]{10}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))(?![0-9a-z])/g

/** In: exchanges in the order in which they will be sent again. */
export function createVariables(exchanges: readonly Exchange[]) {
  const sentBefore = new Set<string>()
  const found = new Map<string, Omit<Variable, 'name'>>()
  const used: string[] = []
  for (const one of exchanges) {
    for (const value of madeIn(one.path, one.request)) {
      if (found.has(value)) used.push(value)
      else sentBefore.add(value)
    }
    for (const [path, value] of leaves(one.response))
      if (isMade(value) && !sentBefore.has(value) && !found.has(value)) found.set(value, { value, path, from: one })
  }
  const variables = named([...new Set(used)].flatMap((value) => found.get(value) ?? []))
  return {
    /** The text with each value that the hub assigned replaced by its variable. */
    replace: (text: string): string =>
      variables.reduce((all, { name, value }) => all.replaceAll(value, `{{${name}}}`), text),
    /** The variables that the answer to this request sets. */
    setBy: (exchange: Exchange): readonly Variable[] => variables.filter(({ from }) => from === exchange),
  }
}

const madeIn = (path: string, body: unknown): readonly string[] =>
  `${path} ${body ? JSON.stringify(body, (key, value: unknown) => (key === 'lastUpdated' ? undefined : value)) : ''}`.match(
    MADE,
  ) ?? []

const isMade = (value: string): boolean => value.match(MADE)?.[0] === value

/** Every string in a body with its path, as JavaScript writes it: `.entry[0].resource.id`. */
function* leaves(value: unknown, path = ''): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [path, value]
  if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* leaves(one, `${path}[${index}]`)
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) yield* leaves(one, `${path}.${key}`)
}

/** Named by what they are, numbered where there are more of a kind: `patient`, `task2`. */
function named(all: readonly Omit<Variable, 'name'>[]): readonly Variable[] {
  const kinds = all.map(kindOf)
  return all.map((one, index) => {
    const kind = kinds[index] ?? 'value'
    const before = kinds.slice(0, index).filter((other) => other === kind).length
    return { ...one, name: kinds.filter((other) => other === kind).length > 1 ? `${kind}${before + 1}` : kind }
  })
}

function kindOf({ path, from, value }: Omit<Variable, 'name'>): string {
  if (value.startsWith('MS')) return 'hubId'
  if (!path.endsWith('.id')) return 'time'
  const parent = path
    .split(/[.[\]]+/)
    .filter((part) => part !== '' && part !== 'id')
    .reduce<unknown>((at, part) => (at as Readonly<Record<string, unknown>>)?.[part], from.response)
  const type = String((parent as { resourceType?: unknown })?.resourceType ?? 'record')
  return type.charAt(0).toLowerCase() + type.slice(1)
}
