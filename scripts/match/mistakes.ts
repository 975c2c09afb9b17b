/** What differs when the same person is recorded a second time, somewhere else: errors, changes of life, gaps. */
import { readFileSync } from 'node:fs'
import type { NicknameTable } from '../../server/domain/participant/matching-rule.ts'
import { emailOf, familyName, home, phone, type Person } from './person.ts'
import type { Random } from '../random.ts'

const { names: NICKNAMES } = JSON.parse(
  readFileSync(new URL('../../capability/rules/nicknames.json', import.meta.url), 'utf8'),
) as NicknameTable

/** Names that the hub's table does not have: it is not measured by itself. */
const OTHERS: Readonly<Record<string, string>> = {
  Ashley: 'Ash',
  Brandon: 'Bran',
  Karen: 'Kari',
  Aaron: 'Ron',
  Justin: 'Jus',
  Heather: 'Feather',
}

type Mistake = {
  readonly name: string
  readonly percent: number
  readonly make: (random: Random, one: Person) => Person
}

/** How often each happens, of a hundred second records. Several may happen to one. */
export const MISTAKES: readonly Mistake[] = [
  { name: 'family name mistyped', percent: 7, make: (r, one) => ({ ...one, family: slip(r, one.family) }) },
  { name: 'given name mistyped', percent: 5, make: (r, one) => ({ ...one, given: slip(r, one.given) }) },
  { name: 'nickname', percent: 14, make: (r, one) => ({ ...one, given: nickname(r, one.given) }) },
  { name: 'middle name left out', percent: 35, make: (_, { middle: __, ...one }) => one },
  {
    name: 'called by the middle name',
    percent: 1,
    make: (_, one) => (one.middle ? { ...one, given: one.middle, middle: one.given } : one),
  },
  {
    name: 'family and given name exchanged',
    percent: 1,
    make: (_, one) => ({ ...one, family: one.given, given: one.family }),
  },
  { name: 'married', percent: 4, make: married },
  { name: 'hyphenated', percent: 2, make: (r, one) => ({ ...one, family: `${one.family}-${familyName(r)}` }) },
  {
    name: 'day and month exchanged',
    percent: 2,
    make: (_, one) => ({ ...one, birthDate: exchangedDate(one.birthDate) }),
  },
  { name: 'birth date mistyped', percent: 3, make: (r, one) => ({ ...one, birthDate: slippedDate(r, one.birthDate) }) },
  {
    name: 'birth year one off',
    percent: 1,
    make: (r, one) => ({
      ...one,
      birthDate: `${Number(one.birthDate.slice(0, 4)) + r.pick([1, -1])}${one.birthDate.slice(4)}`,
    }),
  },
  { name: 'moved', percent: 25, make: (r, one) => ({ ...one, home: home(r) }) },
  { name: 'address left out', percent: 12, make: (_, { home: __, ...one }) => one },
  { name: 'another phone', percent: 25, make: (r, one) => ({ ...one, phone: phone(r) }) },
  { name: 'phone left out', percent: 12, make: (_, { phone: __, ...one }) => one },
  { name: 'another email', percent: 20, make: (r, one) => ({ ...one, email: emailOf(r, one.given, one.family) }) },
  { name: 'email left out', percent: 30, make: (_, { email: __, ...one }) => one },
  { name: 'number left out', percent: 40, make: (_, { ssn: __, ...one }) => one },
  {
    name: 'number mistyped',
    percent: 2,
    make: (r, one) => (one.ssn ? { ...one, ssn: slippedNumber(r, one.ssn) } : one),
  },
  {
    name: 'written in capitals without accents',
    percent: 10,
    make: (_, one) => ({ ...one, family: plain(one.family).toUpperCase(), given: plain(one.given).toUpperCase() }),
  },
]

/** The person as it is recorded the second time, and what differs. */
export function secondTime(
  random: Random,
  one: Person,
): { readonly person: Person; readonly mistakes: readonly string[] } {
  let person = one
  const mistakes: string[] = []
  for (const { name, percent, make } of MISTAKES) {
    if (!random.percent(percent)) continue
    person = make(random, person)
    mistakes.push(name)
  }
  return { person, mistakes }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** One letter other, more or less, or two neighbours exchanged. */
export function slip(random: Random, text: string): string {
  const at = 1 + random.below(Math.max(1, text.length - 2))
  const [before, letter, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)]
  return random.pick([
    () => before + random.pick([...LETTERS]) + after,
    () => before + after,
    () => before + letter + random.pick([...LETTERS]) + after,
    () => before + after.charAt(0) + letter + after.slice(1),
  ])()
}

function nickname(random: Random, given: string): string {
  if (OTHERS[given] !== undefined && random.percent(50)) return OTHERS[given]
  const row = NICKNAMES.find(([name]) => name === given.toUpperCase())
  if (row === undefined) return given
  const name = random.pick(row.slice(1))
  return name.charAt(0) + name.slice(1).toLowerCase()
}

/** Half of those who marry say what they were called before. */
function married(random: Random, one: Person): Person {
  if (one.gender === 'male') return one
  return { ...one, family: familyName(random), ...(random.percent(50) ? { maiden: one.family } : {}) }
}

function exchangedDate(date: string): string {
  const [year, month, day] = date.split('-')
  return Number(day) <= 12 ? `${year}-${day}-${month}` : date
}

function slippedDate(random: Random, date: string): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const [year = '', month = '', day = ''] = date.split('-')
  return random.pick([
    () => `${year.slice(0, 2)}${year.charAt(3)}${year.charAt(2)}-${month}-${day}`,
    () => `${year}-${month}-${two(1 + ((Number(day) + random.below(3)) % 28))}`,
    () => `${year}-${two(1 + random.below(12))}-${day}`,
    () => `${Number(year) + (Number(year) < 1990 ? 10 : -10)}-${month}-${day}`,
  ])()
}

function slippedNumber(random: Random, number: string): string {
  const digits = number.slice(0, 10)
  return digits + String((Number(number.charAt(10)) + 1 + random.below(8)) % 10)
}

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '')
