/** What is wrong with a FHIRPath expression that somebody wrote, before it is used. https://hl7.org/fhir/R4/fhirpath.html */
import { nearest } from '../fhir/nearest.ts'
import { enginePath } from './engine.ts'
import { fastPath } from './expression.ts'

/** More than any rule has; what is longer is not read here. */
const LONGEST = 5000

/** Is it read without the engine? */
export function isFast(expression: string): boolean {
  try {
    return expression.length > LONGEST || fastPath(expression) !== undefined
  } catch {
    return false
  }
}

/** A sentence, or undefined when nothing is wrong that shows without data. Never throws. */
export function pathFault(expression: string): string | undefined {
  if (expression.length > LONGEST) return undefined
  try {
    // What runs as plain functions was read just now; the engine takes long to read the rest.
    if (!fastPath(expression)) enginePath(expression)
  } catch (fault) {
    return `it cannot be parsed${where(fault)}.`
  }
  const bare = expression.replace(TEXTS, "''")
  const unknown = namesIn(bare, /([A-Za-z_]\w*)\s*\(/g).find((name) => !FUNCTIONS.has(name))
  if (unknown !== undefined) return `there is no function \`${unknown}\`${meant(unknown)}`
  const variable = namesIn(bare, /%([A-Za-z_]\w*)/g).find((name) => !VARIABLES.has(name))
  return variable === undefined ? undefined : `there is no variable \`%${variable}\`.`
}

const namesIn = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name)

function meant(name: string): string {
  const guess = nearest(name, FUNCTIONS)
  return guess ? `; did you mean \`${guess}\`?` : '.'
}

/** What is no code: texts, names in back-ticks, comments. */
const TEXTS = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g

/** https://hl7.org/fhir/R4/fhirpath.html#variables */
const VARIABLES = new Set(['resource', 'rootResource', 'context', 'ucum', 'sct', 'loinc'])

/** https://hl7.org/fhirpath/N1/#functions, https://hl7.org/fhir/R4/fhirpath.html#functions, and words that a parenthesis may follow. */
const FUNCTIONS = new Set(
  (
    'empty exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf count distinct isDistinct where select repeat ' +
    'ofType single first last tail skip take intersect exclude union combine iif toBoolean convertsToBoolean toInteger ' +
    'convertsToInteger toDate convertsToDate toDateTime convertsToDateTime toDecimal convertsToDecimal toQuantity ' +
    'convertsToQuantity toString convertsToString toTime convertsToTime indexOf substring startsWith endsWith contains ' +
    'upper lower replace matches replaceMatches length toChars abs ceiling exp floor ln log power round sqrt truncate ' +
    'children descendants trace now timeOfDay today as is not aggregate split join trim encode decode escape unescape ' +
    'matchesFull lastIndexOf sort type lowBoundary highBoundary precision defineVariable ' +
    'extension hasValue getValue resolve elementDefinition slice checkModifiers conformsTo memberOf subsumes subsumedBy ' +
    'htmlChecks comparable weight and or xor implies in div mod'
  ).split(' '),
)

/** The engine's own message begins with line and column. */
function where(fault: unknown): string {
  const said = /line: (\d+); column: (\d+)/.exec(String(((fault as Error).cause as Error | undefined)?.message))
  return said ? ` (line ${said[1]}, column ${said[2]})` : ''
}
