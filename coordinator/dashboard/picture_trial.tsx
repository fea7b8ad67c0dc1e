// Pictures for a model: drawn, picked from the test set, read from a file or seen by the camera.

import { useState } from 'preact/hooks';
import type { PictureTaken } from '../../shared/model/takes_and_gives.ts';
import { Answer } from './answer.tsx';
import { Camera } from './camera.tsx';
import { DrawingCanvas } from './drawing_canvas.tsx';
import { texts } from './language.ts';
import { middleOf, valuesOfPhoto } from './photo.ts';
import { Picture } from './picture.tsx';
import { SamplePicker } from './samples_trial.tsx';
import type { TrialProps } from './try_model.tsx';

type Source = 'drawing' | 'other';

export function PictureTrial({ refreshed, state, link, takes }: TrialProps & { readonly takes: PictureTaken }) {
  const [source, setSource] = useState<Source>('drawing');
  /** What the model sees, where it was not drawn. */
  const [seen, setSeen] = useState<Float32Array | undefined>(undefined);
  const { answered } = state;
  const show = (values: Float32Array) => {
    setSource('other');
    setSeen(values);
    link.ask({ type: 'predict', values });
  };
  const draw = (values: Float32Array | undefined) => {
    setSource('drawing');
    setSeen(undefined);
    if (values === undefined) link.clear();
    else link.ask({ type: 'predict', values });
  };
  const pick = (index: number) => {
    setSource('other');
    setSeen(undefined);
    link.ask({ type: 'sample', index });
  };
  const values = seen ?? answered?.sample?.values;
  return (
    <div class="try">
      <div class="asked">
        {takes.drawing !== undefined && (
          <DrawingCanvas takes={takes} isShown={source === 'drawing'} isEmpty={answered === undefined} onDrawn={draw} />
        )}
        {values !== undefined && source === 'other' && <Seen takes={takes} values={values} />}
      </div>
      <Answer gives={refreshed.gives} answered={answered} />
      <div class="sources">
        <SamplePicker samples={refreshed.samples} answered={answered} onPick={pick} />
        <Upload takes={takes} onPhoto={show} />
        <Camera takes={takes} onPhoto={show} />
      </div>
    </div>
  );
}

function Seen({ takes, values }: { readonly takes: PictureTaken; readonly values: Float32Array }) {
  const { least, most } = takes;
  return <Picture {...takes} class="seen" values={values} range={[least, most]} label={texts().try.shownPicture} />;
}

interface UploadProps {
  readonly takes: PictureTaken;
  readonly onPhoto: (values: Float32Array) => void;
}

function Upload({ takes, onPhoto }: UploadProps) {
  const [failure, setFailure] = useState('');
  const read = async (file: File) => {
    const bitmap = await createImageBitmap(file);
    const photo = middleOf(bitmap, bitmap, takes);
    bitmap.close();
    if (photo !== undefined) onPhoto(valuesOfPhoto(photo, takes));
    setFailure('');
  };
  return (
    <label class="upload">
      <span>{texts().try.upload}</span>
      <input
        type="file"
        accept="image/*"
        onChange={({ currentTarget: { files } }) => {
          const [file] = files ?? [];
          if (file !== undefined) read(file).catch(() => setFailure(texts().try.noPicture));
        }}
      />
      <span role="status">{failure}</span>
    </label>
  );
}
