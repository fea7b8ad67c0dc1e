import { nothing } from '../../../export/training_only.ts';
import type { OpExporter } from '../op_exporter.ts';

export const dropout: OpExporter = nothing('dropout');
