/**
 * Spellings of one name: without case, diacritics and signs; by sound; and how far two spellings are apart. Pure text.
 * The sound is that of Soundex (https://www.archives.gov/research/census/soundex), with its first letter grouped too.
 */

/** Letters that do not decompose into a base letter and a diacritic. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'SS',
  Æ: 'AE',
  Ø: 'O',
  Œ: 'OE',
  Ł: 'L',
  Đ: 'D',
  Ð: 'D',
  Þ: 'TH',
  İ: 'I',
  ı: 'I',
  Ħ: 'H',
  Ŋ: 'N',
}

/** Nothing of such a text, as most names are, is folded but the case. */
const PLAIN_WORDS = /^[A-Za-z0-9]+(?: [A-Za-z0-9]+)*$/

/** Upper case, without diacritics; letters and digits of any script, other signs as one space: `Núñez-O’Hara` gives `NUNEZ OHARA`. */
export const fold = (text: string): string =>
  PLAIN_WORDS.test(text)
    ? text.toUpperCase()
    : text
        .normalize('NFD')
        .replace(/[\p{M}'’‘`´ʻʼ.]/gu, '')
        .toUpperCase()
        .replace(/[ßÆØŒŁĐÐÞİıĦŊ]/g, (letter) => LETTERS[letter] ?? letter)
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim()

export const wordsOf = (text: string): readonly string[] => fold(text).split(' ').filter(Boolean)

/** Combinations that sound as others are written. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/^(KN|GN|PN)/, 'N'],
  [/^WR/, 'R'],
  [/^WH/, 'W'],
  [/^MAC(?=[^AEIOUY])/, 'MC'],
  [/PH/g, 'F'],
  [/SCH/g, 'S'],
  [/TCH/g, 'X'],
  [/CH/g, 'X'],
  [/SH/g, 'X'],
  [/CK/g, 'K'],
  [/DG(?=[EIY])/g, 'J'],
  [/C(?=[EIY])/g, 'S'],
  [/GH/g, ''],
]

/** Most words have none of them. */
const HAS_SOUND = new RegExp(SOUNDS.map(([pattern]) => pattern.source).join('|'))

const CODES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ 1: 'BP', 2: 'CGKQ', 3: 'SZX', 4: 'DT', 5: 'FV', 6: 'L', 7: 'MN', 8: 'R', 9: 'J' }).flatMap(
    ([code, letters]) => [...letters].map((letter) => [letter, code]),
  ),
)

/** How a folded word sounds: at most five digits, `0` for a vowel at the beginning; a word of another script stays as it is. */
export function soundOf(word: string): string {
  if (!/^[A-Z]+$/.test(word)) return word
  const written = HAS_SOUND.test(word)
    ? SOUNDS.reduce((text, [pattern, letters]) => text.replace(pattern, letters), word)
    : word
  let sound = ''
  let last = ''
  for (const letter of written) {
    const code = CODES[letter] ?? ''
    if (sound === '' && code === '') sound = '0'
    else if (code !== '' && code !== last) sound += code
    if (!'HW'.includes(letter)) last = code
  }
  return sound.slice(0, 5)
}

/** One letter more, less or other, or two neighbours exchanged (Damerau); both have at least four letters. */
export function isOneSlip(a: string, b: string): boolean {
  if (a === b) return true
  if (Math.min(a.length, b.length) < 4 || Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start += 1
  const [restA, restB] = [a.slice(start), b.slice(start)]
  if (restA.length > restB.length) return restA.slice(1) === restB
  if (restB.length > restA.length) return restB.slice(1) === restA
  const isExchanged = restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2)
  return restA.slice(1) === restB.slice(1) || isExchanged
}

/** Similarity from 0 to 1. https://en.wikipedia.org/wiki/Jaro-Winkler_distance */
export function jaroWinkler(a: string, b: string): number {
  const range = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1)
  const taken = new Set<number>()
  const common = [...a].flatMap((letter, index) => {
    for (let at = Math.max(0, index - range); at <= Math.min(b.length - 1, index + range); at += 1)
      if (!taken.has(at) && b[at] === letter) {
        taken.add(at)
        return [letter]
      }
    return []
  })
  if (common.length === 0) return 0
  const inOrder = [...taken].sort((x, y) => x - y).map((at) => b[at])
  const exchanged = common.filter((letter, index) => letter !== inOrder[index]).length / 2
  const { length } = common
  const jaro = (length / a.length + length / b.length + (length - exchanged) / length) / 3
  let prefix = 0
  while (prefix < 4 && prefix < a.length && a[prefix] === b[prefix]) prefix += 1
  return jaro + prefix * 0.1 * (1 - jaro)
}

/** Is it one name, written differently? */
export const isSimilar = (a: string, b: string): boolean =>
  isOneSlip(a, b) || (Math.min(a.length, b.length) >= 5 && jaroWinkler(a, b) >= 0.93)
