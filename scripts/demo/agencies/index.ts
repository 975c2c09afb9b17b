/** The agency systems of the demo by the id of their agency. */
import type { AgencySystem } from '../agency-client.ts'
import { abe } from './abe.ts'
import { college } from './college.ts'
import { dhs } from './dhs.ts'
import { es } from './es.ts'
import { ui } from './ui.ts'
import { vr } from './vr.ts'

export const SYSTEMS: Readonly<Record<string, AgencySystem>> = { ui, es, abe, dhs, vr, college }
