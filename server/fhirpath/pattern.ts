/**
 * The regular expressions of matches() and replaceMatches(). Those of a posted rule may be made so that JavaScript takes
 * exponential time: such are matched in linear time (linear-regex.ts), and their steps count.
 * https://hl7.org/fhirpath/N1/#matchesregex-string-boolean
 */
import { compileLinearSearch, type LinearSearch } from './linear-regex.ts'
import { stepsOfText, type Steps } from './steps.ts'

/** Does the text, or a part of it, match? @throws Error for a pattern that cannot be matched safely */
export function matches(text: string, pattern: string, steps: Steps): boolean {
  const { regex, effort, linear } = patternOf(pattern)
  if (isSafe(effort, text)) return regex.test(text)
  const search = linear()
  if (!search) throw unsafe(pattern)
  return search(text, (states) => steps.spend(STATE * states))
}

type Replacement = { readonly pattern: string; readonly replacement: string }

/** @throws SyntaxError; Error for a pattern that cannot be matched safely */
export function replaceMatches(text: string, { pattern, replacement }: Replacement, steps: Steps): string {
  if (!isSafe(patternOf(pattern).effort, text)) throw unsafe(pattern)
  steps.spend(stepsOfText(text) * stepsOfText(replacement))
  const replaced = text.replace(everyMatch(pattern), replacement)
  steps.spend(stepsOfText(replaced))
  return replaced
}

/** As the engine makes those of replaceMatches(). */
const everyMatch = (pattern: string): RegExp => new RegExp(pattern, 'gu')

const unsafe = (pattern: string) =>
  new Error(
    `the regular expression \`${pattern.slice(0, 200)}\` can take very long; repeat no part that has alternatives or repetitions itself`,
  )

/** A state that is followed at a character takes as long as so many steps. */
const STATE = 8

/** How many steps JavaScript takes at most for a text of so many characters: Infinity where they grow exponentially. */
const SHORT = 1000
/** Some milliseconds. */
const MOST_STEPS = 4_000_000

const isSafe = (effort: number, { length }: string): boolean =>
  effort === 1 || (effort <= MOST_STEPS && length <= SHORT)

type Pattern = { readonly regex: RegExp; readonly effort: number; linear(): LinearSearch | undefined }

// A cache of a pure function.
const cached = new Map<string, Pattern>()
const MOST = 1000

function patternOf(pattern: string): Pattern {
  const existing = cached.get(pattern)
  if (existing) return existing
  let search: LinearSearch | undefined
  let isCompiled = false
  const made: Pattern = {
    regex: regularExpression(pattern),
    effort: NEVER_FAIL.has(pattern) ? 1 : effortOf(pattern),
    linear: () => {
      if (!isCompiled) search = compileLinearSearch(pattern)
      isCompiled = true
      return search
    },
  }
  if (cached.size > MOST) cached.clear()
  cached.set(pattern, made)
  return made
}

/** R4's own rules escape characters (`\'`) that the `u` mode of JavaScript does not let them escape; then without it. */
function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'su')
  } catch {
    return new RegExp(pattern, 's')
  }
}

/** Of R4's own rules (eld-19, eld-20). What follows their first character is optional, so that they never begin again. */
const NEVER_FAIL = new Set([
  '[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*',
  `[^\\s\\.,:;\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\[x\\])?(\\:[^\\s\\.]+)?)*`,
])

/** Escapes, classes and groups as one token each; then the quantifiers. */
const TOKENS = /\\.|\[(?:\\.|[^\]\\])*\]|\(\?<?[:=!]?|[*+?]|\{\d+(?:,\d*)?\}|[()|]|[^]/gsu

/**
 * The ways in which a text of SHORT characters may be divided among the repetitions of a pattern; 1 where there are none.
 * A repeated group with alternatives, or with something variable in it, can be left in exponentially many ways.
 */
export function effortOf(pattern: string): number {
  const tokens = pattern.match(TOKENS) ?? []
  // A back reference is matched in ways that are not counted here.
  if (tokens.some((one) => /^\\[1-9k]/.test(one))) return Infinity
  let ways = 1
  /** Of each open group: is there something variable in it? */
  const groups: boolean[] = [false]
  let isVariable = false
  for (const [index, token] of tokens.entries()) {
    const times = timesOf(token)
    const before = tokens[index - 1] ?? ''
    if (token.startsWith('(')) groups.push(false)
    else if (token === ')') isVariable = closed(groups)
    else if (token === '|') groups[groups.length - 1] = true
    // `+?` and the like: the mark behind a quantifier adds nothing.
    if (!times || (token === '?' && timesOf(before))) continue
    if (before === ')' && isVariable && times.most > 1) return Infinity
    if (times.most === times.least) continue
    ways *= Math.min(times.most - times.least + 1, SHORT)
    groups[groups.length - 1] = true
  }
  // Without an anchor it is tried from each character on.
  return ways > 1 && tokens[0] !== '^' ? ways * SHORT : ways
}

/** What is variable in a group is so in the one around it. */
function closed(groups: boolean[]): boolean {
  const isVariable = groups.pop() ?? false
  if (isVariable) groups[groups.length - 1] = true
  return isVariable
}

function timesOf(token: string): { readonly least: number; readonly most: number } | undefined {
  if (token === '*') return { least: 0, most: Infinity }
  if (token === '+') return { least: 1, most: Infinity }
  if (token === '?') return { least: 0, most: 1 }
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(token) ?? []
  if (least === undefined) return undefined
  return { least: Number(least), most: comma === '' ? Number(least) : most === '' ? Infinity : Number(most) }
}
