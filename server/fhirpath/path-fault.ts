/** What is wrong with a FHIRPath expression that somebody wrote, before it is used. https://hl7.org/fhir/R4/fhirpath.html */
import { nearest } from '../fhir/nearest.ts'
import { enginePath } from './engine.ts'
import { fastPath } from './expression.ts'
import { parse } from './parse.ts'
import { allTrees, type Tree } from './tree.ts'

/** More than any rule has; what is longer is not parsed here. */
const LONGEST = 5000

/** Does our own evaluator take it, or is it too long to be parsed? Otherwise HL7's engine takes milliseconds to compile it. */
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
    // What our own evaluator takes is sound; the engine takes long to compile the rest.
    if (!fastPath(expression)) enginePath(expression)
  } catch (error) {
    return `it cannot be parsed${where(error)}.`
  }
  const tree = parsed(expression)
  return tree && unknownName(tree)
}

/** Undefined for what only the engine parses: it goes beyond the published grammar. */
function parsed(expression: string): Tree | undefined {
  try {
    return parse(expression)
  } catch {
    return undefined
  }
}

function unknownName(tree: Tree): string | undefined {
  const trees = [...allTrees(tree)]
  const call = trees.find((one) => one.kind === 'call' && !FUNCTIONS.has(one.name)) as Named | undefined
  if (call) {
    const guess = nearest(call.name, FUNCTIONS)
    return `there is no function \`${call.name}\`${guess ? `; did you mean \`${guess}\`?` : '.'}`
  }
  const variable = trees.find((one) => one.kind === 'variable' && !isVariable(one.name)) as Named | undefined
  return variable && `there is no variable \`%${variable.name}\`.`
}

type Named = { readonly name: string }

/** https://hl7.org/fhir/R4/fhirpath.html#variables */
const VARIABLES = new Set(['resource', 'rootResource', 'context', 'ucum', 'sct', 'loinc'])
const isVariable = (name: string): boolean => VARIABLES.has(name) || /^(vs|ext)-/.test(name)

/** https://hl7.org/fhirpath/N1/#functions, https://hl7.org/fhir/R4/fhirpath.html#functions */
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
    'htmlChecks comparable weight'
  ).split(' '),
)

/** The engine's own message begins with line and column. */
function where(error: unknown): string {
  const [found, line, column] =
    /line: (\d+); column: (\d+)/.exec(String(((error as Error).cause as Error | undefined)?.message)) ?? []
  return found ? ` (line ${line}, column ${column})` : ''
}
