// What the camera sees, a few times a second. Browsers give a camera to pages by https, and to this machine's own, alone.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { PictureTaken } from '../../shared/model/takes_and_gives.ts';
import { texts } from './language.ts';
import { middleOf, valuesOfPhoto } from './photo.ts';

/** Milliseconds between two pictures. */
const interval = 300;

interface CameraProps {
  readonly takes: PictureTaken;
  readonly onPhoto: (values: Float32Array) => void;
}

export function Camera({ takes, onPhoto }: CameraProps) {
  const [isOn, setOn] = useState(false);
  const [failure, setFailure] = useState('');
  const { camera, stopCamera, cameraNeedsHttps, cameraFailed } = texts().try;
  if (!isSecureContext) return <p class="soft">{cameraNeedsHttps}</p>;
  const fail = (error: unknown) => {
    setOn(false);
    setFailure(cameraFailed(error instanceof Error ? error.message : String(error)));
  };
  return (
    <div>
      <button type="button" onClick={() => setOn(!isOn)}>
        {isOn ? stopCamera : camera}
      </button>
      <span role="status">{failure}</span>
      {isOn && <Video takes={takes} onPhoto={onPhoto} onFailure={fail} />}
    </div>
  );
}

function Video({ takes, onPhoto, onFailure }: CameraProps & { readonly onFailure: (error: unknown) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const take = useRef(onPhoto);
  take.current = onPhoto;
  useEffect(() => {
    const control = new AbortController();
    watchCamera(video.current, control.signal).catch(onFailure);
    const timer = setInterval(() => {
      const { current } = video;
      if (current === null || current.videoWidth === 0) return;
      const photo = middleOf(current, { width: current.videoWidth, height: current.videoHeight }, takes);
      if (photo !== undefined) take.current(valuesOfPhoto(photo, takes));
    }, interval);
    return () => {
      clearInterval(timer);
      control.abort();
    };
  }, []);
  return <video class="seen" ref={video} muted autoPlay playsInline aria-label={texts().try.cameraImage} />;
}

/** Shows the camera until the signal; it is let go then. */
async function watchCamera(video: HTMLVideoElement | null, signal: AbortSignal): Promise<void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  if (signal.aborted || video === null) return stop();
  signal.addEventListener('abort', stop);
  video.srcObject = stream;
}
