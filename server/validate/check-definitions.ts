/**
 * Definitions of somebody else's, checked like any resource before they are used: one with a misspelt element would
 * silently say less than its author meant. https://hl7.org/fhir/R4/validation.html
 */
import { setImmediate } from 'node:timers/promises'
import { readPackages } from '../definitions/packages.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { DefinitionFault } from '../definitions/fault.ts'
import type { Source } from '../definitions/folders.ts'
import { loadDefinitions, type LoadOptions } from '../definitions/load.ts'
import { elementsOf } from '../definitions/structures/structures.ts'
import { isError, type ErrorCode } from '../fhir/outcome.ts'
import { isFast, pathFault } from '../fhirpath/path-fault.ts'
import { createValidator } from './create-validator.ts'
import { createEngine } from './engine.ts'
import type { ValidationEngine } from './check-context.ts'

/** What makes a definition mean something else than it seems to; that it lacks a name or a status does no harm. */
const UNUSABLE: ReadonlySet<ErrorCode> = new Set([
  'element-type',
  'element-unknown',
  'choice-multiple',
  'definition-invalid',
])

/**
 * The definitions of a repository, and those of folders besides. Throws DefinitionFault (which file, what is wrong) for
 * the first that cannot be used.
 */
export async function loadCheckedDefinitions(
  root: string,
  folders: readonly string[],
  options: Omit<LoadOptions, 'besides'> = {},
): Promise<Definitions> {
  const additional = (await Promise.all(folders.map(readPackages))).flat()
  const loaded = await loadDefinitions(root, { ...options, additional })
  await refuseUnusableDefinitions(additional, loaded)
  return loaded
}

/** Throws DefinitionFault for the first that cannot be used as it is. */
export async function refuseUnusableDefinitions(sources: readonly Source[], definitions: Definitions): Promise<void> {
  const { check } = createValidator(definitions, { rules: 'open' })
  for (const { file, content } of sources) {
    const issue = (await check(content)).find((issue) => isError(issue) && UNUSABLE.has(issue.detail))
    if (issue) throw new DefinitionFault(file, `${issue.text} Correct the file.`)
  }
}

/** Only a shortcut: many profiles may come in one transaction. */
const engines = new WeakMap<Definitions, ValidationEngine>()

/** Why a profile among these definitions cannot be used; undefined when it can. Never throws for what it contains. */
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

/** Of many rules the validator reads only some; others have their turn between these. */
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
