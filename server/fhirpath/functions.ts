/** The functions of FHIRPath that rules use most. https://hl7.org/fhirpath/N1/#functions */
import { localTime } from '../fhir/zone.ts'
import type { Evaluate, PathClock, Scope } from './scope.ts'
import { allChildren, children, descendants, elementName } from './navigate.ts'
import { Unsupported } from './tree.ts'
import { BAIL, condition, distinct, FALSE, NONE, same, TRUE, truth } from './values.ts'
import { matches, replaceMatches } from './pattern.ts'
import { stepsOfText, type Steps } from './steps.ts'

type Make = (args: readonly Evaluate[]) => Evaluate

export const FUNCTIONS: Readonly<Record<string, Make>> = {
  // of the collection
  exists: (args) => (args.length === 0 ? (input) => truth(input.length > 0) : criterion(exists)(args)),
  all: criterion(everyOne),
  allTrue: plain((values) => truth(values.every((value) => isBoolean(value) && value))),
  allFalse: plain((values) => truth(values.every((value) => isBoolean(value) && !value))),
  where: criterion(where),
  empty: plain((values) => truth(values.length === 0)),
  count: plain((values) => [values.length]),
  first: plain((values) => values.slice(0, 1)),
  tail: plain((values) => values.slice(1)),
  last: plain((values) => values.slice(-1)),
  distinct: plain(distinct),
  isDistinct: plain((values) => truth(distinct(values).length === values.length)),
  trace: (args) => (args.length === 1 ? (input) => input : unsupported('`trace()`')),
  intersect: ([other]) => {
    if (!other) return unsupported('`intersect()`')
    return (input, scope, self) => {
      const right = other(self, scope, self)
      scope.steps.spend(input.length * right.length)
      return distinct(input.filter((value) => right.some((one) => same(one, value))))
    }
  },
  combine: ([other, ...more]) => {
    if (!other || more.length > 0) return unsupported('`combine()`')
    return (input, scope, self) => {
      const found = [...input, ...other(self, scope, self)]
      scope.steps.spend(found.length)
      return found
    }
  },
  children: selecting(allChildren),
  descendants: selecting(descendants),
  select: ([project]) => {
    if (!project) return unsupported('`select()`')
    return (input, scope) => {
      const found = input.flatMap((value) => project([value], scope, [value]))
      scope.steps.spend(input.length + found.length)
      return found
    }
  },
  // of a condition
  not: plain((values) => {
    const isMet = condition(values)
    return truth(isMet === undefined ? undefined : !isMet)
  }),
  iif: ([test, yes, no]) => {
    if (!test || !yes) return unsupported('`iif()`')
    return (input, scope, self) =>
      condition(test(input, scope, self)) === true ? yes(input, scope, self) : (no?.(input, scope, self) ?? NONE)
  },
  // of a text
  startsWith: text((value, part) => value.startsWith(part)),
  endsWith: text((value, part) => value.endsWith(part)),
  contains: text((value, part) => value.includes(part)),
  matches: text(matches),
  toString: plain((values) => (values.length === 0 ? NONE : [String(simple(values))])),
  toInteger: plain((values) => (values.length === 0 ? NONE : integer(simple(values)))),
  replaceMatches: ([pattern, replacement, ...more]) => {
    if (!pattern || !replacement || more.length > 0) return unsupported('`replaceMatches()`')
    return (input, scope, self) => {
      const given = [input, pattern(self, scope, self), replacement(self, scope, self)]
      if (given.some((values) => values.length === 0)) return NONE
      const [value = '', form = '', text = ''] = given.map(one)
      return [replaceMatches(value, { pattern: form, replacement: text }, scope.steps)]
    }
  },
  substring: ([from, size]) => {
    if (!from) return unsupported('`substring()`')
    return (input, scope, self) => substring(input, from(self, scope, self), size?.(self, scope, self))
  },
  length: plain((values) => (values.length === 0 ? NONE : [one(values).length])),
  hasValue: plain((values) => truth(values.length === 1 && typeof values[0] !== 'object')),
  // of FHIR
  extension: ([url]) => {
    if (!url) return unsupported('`extension()`')
    return (input, scope, self) => extensions(input, url(input, scope, self)[0])
  },
  resolve: (args) => (args.length === 0 ? resolve : unsupported('`resolve()`')),
  today: (args) => (args.length === 0 ? today : unsupported('`today()`')),
  now: (args) => (args.length === 0 ? now : unsupported('`now()`')),
}

function isBoolean(value: unknown): value is boolean {
  if (typeof value !== 'boolean') throw BAIL
  return true
}

function unsupported(name: string): never {
  throw new Unsupported(`the hub does not evaluate ${name} with these arguments`)
}

function plain(run: (values: readonly unknown[]) => readonly unknown[]): Make {
  return (args) => (args.length === 0 ? (input) => run(input) : unsupported('a function'))
}

/** What is selected counts. */
function selecting(run: (values: readonly unknown[]) => readonly unknown[]): Make {
  return (args) =>
    args.length === 0
      ? (input, { steps }) => {
          const found = run(input)
          steps.spend(found.length)
          return found
        }
      : unsupported('a function')
}

/** Of a criterion for each value. */
function criterion(make: (test: Evaluate) => Evaluate): Make {
  return ([test, ...more]) => (test && more.length === 0 ? make(test) : unsupported('a function'))
}

/** Is the criterion met for a value? It sees the value alone. */
function meets(value: unknown, test: Evaluate, scope: Scope): boolean {
  const self = [value]
  scope.steps.spend(1)
  return condition(test(self, scope, self)) === true
}

function exists(test: Evaluate): Evaluate {
  return (input, scope) => {
    for (const value of input) if (meets(value, test, scope)) return TRUE
    return FALSE
  }
}

function everyOne(test: Evaluate): Evaluate {
  return (input, scope) => {
    for (const value of input) if (!meets(value, test, scope)) return FALSE
    return TRUE
  }
}

function where(test: Evaluate): Evaluate {
  return (input, scope) => {
    let found: unknown[] | undefined
    for (const value of input) if (meets(value, test, scope)) (found ??= []).push(value)
    return found ?? NONE
  }
}

function text(run: (value: string, argument: string, steps: Steps) => boolean): Make {
  return ([argument, ...more]) => {
    if (!argument || more.length > 0) return unsupported('a function')
    return (input, scope, self) => {
      if (input.length === 0) return NONE
      const given = argument(self, scope, self)
      if (given.length === 0) return NONE
      const value = one(input)
      scope.steps.spend(stepsOfText(value))
      return truth(run(value, one(given), scope.steps))
    }
  }
}

function integer(value: string | number | boolean): readonly unknown[] {
  if (typeof value === 'boolean') return [value ? 1 : 0]
  if (typeof value === 'string') return /^[+-]?[0-9]+$/.test(value) ? [Number(value)] : NONE
  return Number.isInteger(value) ? [value] : NONE
}

function one(values: readonly unknown[]): string {
  const [value] = values
  if (values.length !== 1 || typeof value !== 'string') throw BAIL
  return value
}

function simple(values: readonly unknown[]): string | number | boolean {
  const [value] = values
  if (values.length !== 1 || value === null || typeof value === 'object') throw BAIL
  return value as string | number | boolean
}

function substring(
  input: readonly unknown[],
  from: readonly unknown[],
  size: readonly unknown[] | undefined,
): readonly unknown[] {
  if (input.length === 0 || from.length === 0) return NONE
  const text = one(input)
  const [start, length] = [from[0], size?.[0] ?? text.length]
  if (typeof start !== 'number' || typeof length !== 'number') throw BAIL
  return start < 0 || start >= text.length ? NONE : [text.slice(start, start + length)]
}

const EXTENSION = elementName('extension')

function extensions(input: readonly unknown[], url: unknown): readonly unknown[] {
  const found: unknown[] = []
  for (const value of input) {
    // The extensions of a primitive are in its parent, which is out of reach here.
    if (typeof value !== 'object') throw BAIL
    children(value, EXTENSION, found)
  }
  return found.filter((extension) => (extension as { url?: unknown }).url === url)
}

const resolve: Evaluate = (input, scope: Scope) => {
  const found: unknown[] = []
  for (const value of input) {
    const reference = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
    const resource = typeof reference === 'string' ? scope.env.resolve?.(reference) : undefined
    if (resource !== undefined) found.push(resource)
  }
  return found
}

/** The local day. */
const today: Evaluate = (_input, { env }) => [dayOf(env.clock)]

/** Compared only: as an instant it is the same in any zone. */
const now: Evaluate = (_input, { env }) => [momentOf(env.clock)]

/** What `today()` answers: the day in the zone of the clock. */
export function dayOf({ now, timeZone }: PathClock = MACHINE): string {
  const at = now()
  const day = Math.floor((timeZone ? localTime(at, timeZone) : at - machineOffset(at)) / DAY)
  if (day !== lastDay.day) lastDay = { day, text: new Date(day * DAY).toISOString().slice(0, 10) }
  return lastDay.text
}

const DAY = 86_400_000

/** The last answer of dayOf: many records ask for the same day. `day`: of the local time, since 1970. */
let lastDay = { day: 0, text: '1970-01-01' }

/** What `now()` answers. */
export const momentOf = ({ now }: PathClock = MACHINE): string => new Date(now()).toISOString()

const MACHINE: PathClock = { now: () => Date.now() }
const machineOffset = (at: number): number => new Date(at).getTimezoneOffset() * 60_000
