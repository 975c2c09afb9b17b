/**
 * Checks the definitions of others before they are used, like any resource: a profile with a misspelt element would
 * silently require less than its author meant. https://hl7.org/fhir/R4/validation.html
 */
import { setImmediate } from 'node:timers/promises'
import { readPackages } from '../definitions/packages.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { DefinitionFault } from '../definitions/fault.ts'
import type { Source } from '../definitions/folders.ts'
import { loadDefinitions, type LoadOptions } from '../definitions/load.ts'
import { elementsOf } from '../definitions/structures/structure-definition.ts'
import { isError, type ErrorCode } from '../fhir/outcome.ts'
import { isFast, pathFault } from '../fhirpath/path-fault.ts'
import { createValidator } from './create-validator.ts'
import { createEngine } from './engine.ts'
import type { ValidationEngine } from './check-context.ts'

/** Codes that change the meaning of a definition; a missing name or status does not. */
const UNUSABLE: ReadonlySet<ErrorCode> = new Set([
  'element-type',
  'element-unknown',
  'choice-multiple',
  'definition-invalid',
])

/**
 * Loads the definitions of a repository and, in addition, those of folders. Throws DefinitionFault (which file, what is
 * wrong) for the first that cannot be used.
 */
export async function loadCheckedDefinitions(
  root: string,
  folders: readonly string[],
  options: Omit<LoadOptions, 'additional'> = {},
): Promise<Definitions> {
  const additional = (await Promise.all(folders.map(readPackages))).flat()
  const loaded = await loadDefinitions(root, { ...options, additional })
  await refuseUnusableDefinitions(additional, loaded)
  return loaded
}

/** Throws DefinitionFault for the first definition that cannot be used. */
export async function refuseUnusableDefinitions(sources: readonly Source[], definitions: Definitions): Promise<void> {
  const { check } = createValidator(definitions, { rules: 'open' })
  for (const { file, content } of sources) {
    const issue = (await check(content)).find((issue) => isError(issue) && UNUSABLE.has(issue.detail))
    if (issue) throw new DefinitionFault(file, `${issue.text} Correct the file.`)
  }
}

/** A cache: one transaction may contain many profiles. */
const engines = new WeakMap<Definitions, ValidationEngine>()

/** Why a profile of these definitions cannot be used; undefined when it can. Never throws for what it contains. */
export async function profileError(url: string, definitions: Definitions): Promise<string | undefined> {
  const engine = engines.get(definitions) ?? createEngine(definitions, true)
  engines.set(definitions, engine)
  try {
    engine.profileSchema(url)
  } catch (error) {
    if (error instanceof DefinitionFault && error.where === url) return error.what
    return error instanceof Error ? error.message : String(error)
  }
  return constraintError(definitions.structures.find(url)?.differential)
}

/** The validator parses only some of many constraints; the rest is parsed here, with the event loop free in between. */
async function constraintError(differential: unknown): Promise<string | undefined> {
  for (const { constraint } of elementsOf(differential) ?? []) {
    for (const { key, expression } of constraint ?? []) {
      if (expression === undefined) continue
      if (!isFast(expression)) await setImmediate()
      const error = pathFault(expression)
      if (error !== undefined) return `its rule \`${key}\` is \`${expression}\`; ${error}`
    }
  }
  return undefined
}
