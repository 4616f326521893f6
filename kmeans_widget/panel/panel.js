// What ipywidgets and ipympl lack: names and announcements for screen readers, keys that go to the
// panel instead of the notebook, a focus that is never lost, Escape, a canvas that lets keys pass,
// handles scaling and understands fingers, and copying. Where scripts are blocked, the panel works without it.
const panel = this.closest('.kmeans-widget');
if (panel && !panel.dataset.kmeans) {
  panel.dataset.kmeans = 'ready';
  // A page that holds the widgets' state, as nbconvert's, has no kernel (Voila's holds none).
  const state = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
  panel.classList.toggle('kmeans-dead', Boolean(state));
  panel.setAttribute('role', 'group');
  panel.setAttribute('aria-label', this.dataset.name);
  const canvas = event => event.target.closest?.('.jupyter-matplotlib-canvas-div');

  // The keys of the saved page (`export/webpage.js`): they click buttons, unless the focused element
  // handles them itself.
  const plain = event => !event.ctrlKey && !event.metaKey && !event.altKey;
  const BUTTONS = {ArrowLeft: 'back', ArrowRight: 'step', Home: 'reset', End: 'run', ' ': 'play',
                   '+': 'zoom-in', '=': 'zoom-in', '-': 'zoom-out', 0: 'show-all'};
  const SHIFTS = {ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const FIELDS = 'input:not([type=checkbox]), select, [contenteditable=true]';
  panel.tabIndex = -1;  // a click beside the controls focuses the panel
  panel.addEventListener('keydown', event => {
    if (panel.matches('.kmeans-quiz')) return;  // there, nothing but the questions moves the run
    if (event.key === 'Escape') panel.querySelector('.kmeans-leave').click();
    const own = event.key === ' ' ? `${FIELDS}, button, input` : `${FIELDS}, [role=slider], pre`;
    if (event.shiftKey && event.key in SHIFTS && plain(event) && !event.target.closest(own)) {
      event.preventDefault();
      event.stopPropagation();
      look({shift: SHIFTS[event.key].map(way => way * 0.15)});
    } else if (event.key in BUTTONS && plain(event) && !event.target.closest(own)) {
      event.preventDefault();
      event.stopPropagation();
      const held = event.key === ' ' && event.repeat;
      if (!held) panel.querySelector(`.kmeans-${BUTTONS[event.key]}`).click();
    }
    if (canvas(event)) event.stopPropagation();
  }, true);

  // JupyterLab handles plain keys first: `x` cuts the cell, arrows leave it. This attribute on the
  // focused element prevents that; Ctrl+S and other shortcuts are left to JupyterLab.
  const keep = event => event.target.toggleAttribute?.('data-lm-suppress-shortcuts', plain(event));
  panel.addEventListener('focusin', () => window.addEventListener('keydown', keep, true));
  panel.addEventListener('focusout', () => window.removeEventListener('keydown', keep, true));

  // A button that is disabled would lose the focus, and another press of the same key would reach
  // something else. So it keeps the focus, and does nothing.
  const soften = button => {
    const {disabled} = button;
    button.disabled = false;
    Object.defineProperty(button, 'disabled', {
      get: () => button.getAttribute('aria-disabled') === 'true',
      set: off => set(button, {'aria-disabled': String(off)}),
    });
    button.disabled = disabled;
  };
  panel.addEventListener('click', event => {
    if (event.target.closest('[aria-disabled=true]')) event.stopPropagation();
  }, true);

  // When the focused control is hidden or replaced, the focus moves to the active button in its row,
  // or else to the nearest control of its kind, preferably before it.
  const usable = control => !control.matches(':disabled') && control.getClientRects().length > 0;
  let focused = null, row = null;
  panel.addEventListener('focusin', event => {
    focused = event.target;
    row = focused.closest('.widget-box');
    // A point is announced if it was requested in the form, not if the mouse hovers over it.
    const asked = Boolean(focused.closest('.kmeans-folded'));
    panel.querySelector('.kmeans-card').setAttribute('aria-live', asked ? 'polite' : 'off');
  });
  panel.addEventListener('focusout', ({target}) => queueMicrotask(() => {
    if (focused === target && usable(target)) focused = null;  // the user has left it
  }));
  const moveFocus = () => {
    if (!focused || usable(focused)) return;
    const kind = [...row.querySelectorAll(focused.tagName)];
    const at = kind.indexOf(focused);
    const candidates = [...row.querySelectorAll('.mod-active'), ...kind.slice(0, at).reverse(),
                        ...kind.slice(at + 1)];
    candidates.find(usable)?.focus();  // if none is usable, when one is enabled
  };
  // Enter in a field clicks the button next to it, with the current text of the field.
  panel.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !event.target.matches('.kmeans-folded input, .kmeans-numbers-of input')) return;
    event.target.dispatchEvent(new Event('change', {bubbles: true}));
    const row = event.target.closest('.kmeans-question') ?? event.target.closest('.widget-box');
    row.querySelector('.widget-button:not(.kmeans-hidden)')?.click();
  }, true);

  // What is named in a list or drawing is asked for: a point, a number of clusters, a start.
  let presses = 0;
  panel.addEventListener('click', ({target}) => {
    const {ask} = target.closest('[data-ask]')?.dataset ?? {};
    if (ask === undefined) return;
    const field = panel.querySelector('.kmeans-asked input');
    field.value = `${ask} ${presses += 1}`;
    field.dispatchEvent(new Event('change', {bubbles: true}));
  });

  // A file that the kernel offers is saved at once, and then forgotten there.
  const save = link => {
    if (!link || link.dataset.saved) return;
    link.dataset.saved = 'yes';
    link.click();
    const field = panel.querySelector('.kmeans-downloaded input');
    field.value = 'yes';
    field.dispatchEvent(new Event('input', {bubbles: true}));
    field.dispatchEvent(new Event('change', {bubbles: true}));
  };

  // The columns that are ticked, for the kernel.
  panel.addEventListener('change', ({target}) => {
    const list = target.closest('.kmeans-shares');
    if (!list) return;
    const field = panel.querySelector('.kmeans-ticked input');
    field.value = JSON.stringify([...list.querySelectorAll('input:checked')].map(box => Number(box.value)));
    field.dispatchEvent(new Event('change', {bubbles: true}));
  });

  // While the slider of K is dragged, no message is sent to the kernel, so the field is updated here.
  new MutationObserver(() => {
    const handle = panel.querySelector('.kmeans-setup .noUi-active');
    const field = panel.querySelector('.kmeans-k input');
    if (handle && field) field.value = Math.round(handle.getAttribute('aria-valuenow'));
  }).observe(panel, {attributeFilter: ['aria-valuenow'], subtree: true});

  // ipympl assumes that the picture is displayed at full size, so the position is scaled.
  const send = (top, type, x, y, keys) => {
    const box = top.getBoundingClientRect(), scale = top.width / box.width;
    top.dispatchEvent(new MouseEvent(type, {
      ...keys, bubbles: true, cancelable: true,
      clientX: box.left + scale * (x - box.left), clientY: box.top + scale * (y - box.top),
    }));
  };
  for (const type of ['mousedown', 'mousemove', 'mouseup', 'dblclick']) {
    panel.addEventListener(type, event => {
      if (!event.isTrusted || !canvas(event) || event.target.tagName !== 'CANVAS') return;
      if (Math.abs(event.target.width / event.target.getBoundingClientRect().width - 1) < 0.002) return;
      event.stopPropagation();
      const {button, buttons, ctrlKey, shiftKey, altKey, metaKey} = event;
      send(event.target, type, event.clientX, event.clientY,
           {button, buttons, ctrlKey, shiftKey, altKey, metaKey});
    }, true);
  }

  // The wheel zooms with Ctrl, as do two fingers on a touchpad; without, it scrolls the page, unless a
  // click on the picture has put the focus there. Messages are few: the kernel draws for each of them.
  const PAUSE = 60, END = 250;  // milliseconds
  let change = null, soon = 0, end = 0;
  const tellView = done => {
    const {factor, at, shift} = change ?? {factor: 1, at: null, shift: [0, 0]};
    change = null;
    const field = panel.querySelector('.kmeans-gesture input');
    field.value = JSON.stringify({factor, at, shift, done, number: performance.now()});
    field.dispatchEvent(new Event('change', {bubbles: true}));
  };
  const look = ({factor = 1, at = null, shift = [0, 0]}) => {
    change ??= {factor: 1, at: null, shift: [0, 0]};
    change.factor *= factor;
    change.at = at ?? change.at;
    change.shift = change.shift.map((way, i) => way + shift[i]);
    soon ||= setTimeout(() => { soon = 0; tellView(false); }, PAUSE);
    clearTimeout(end);
    end = setTimeout(() => { clearTimeout(soon); soon = 0; tellView(true); }, END);
  };
  const share = (top, x, y) => {
    const {left, bottom, width, height} = top.getBoundingClientRect();
    return [(x - left) / width, (bottom - y) / height];
  };
  panel.addEventListener('wheel', event => {
    const top = canvas(event)?.querySelector('canvas');
    if (!top) return;
    const isMeant = event.ctrlKey || event.metaKey || canvas(event).contains(document.activeElement);
    if (!isMeant || !event.deltaY) return;
    event.preventDefault();
    event.stopPropagation();
    const lines = event.deltaMode === 1 ? 33 : 1;  // pixels in a line, in Firefox
    const turn = Math.max(-120, Math.min(120, lines * event.deltaY)) / 120;
    const speed = event.ctrlKey && Math.abs(event.deltaY) < 50 ? 8 : 1;  // small steps: a pinch
    look({factor: 1.4 ** Math.max(-1, Math.min(1, -turn * speed)), at: share(top, event.clientX, event.clientY)});
  }, {capture: true, passive: false});

  // A finger, or a pen that scrolls, becomes the mouse when it begins near a spot that can be dragged,
  // or rests before it moves; otherwise it scrolls the page, and a tap is a click. Whether it scrolls is
  // decided when it touches the picture, so the kernel has told the spots before (`Mouse.show_spots`).
  const STILL = 8, REST = 350;  // pixels, milliseconds
  let finger = null;
  const place = ({changedTouches: [touch]}) =>
    [touch.clientX + (finger?.shift[0] ?? 0), touch.clientY + (finger?.shift[1] ?? 0)];
  const nearest = (top, x, y, spots) => {
    const {left, bottom, width, height} = top.getBoundingClientRect();
    const offsets = spots.map(([across, up, reach]) => {
      const shift = [left + across * width - x, bottom - up * height - y];
      return {shift, distance: Math.hypot(...shift) / reach};
    });
    return offsets.filter(({distance}) => distance <= 1).sort((a, b) => a.distance - b.distance)[0];
  };
  let pinch = null;
  const spread = ({touches: [one, other]}) => ({
    x: (one.clientX + other.clientX) / 2,
    y: (one.clientY + other.clientY) / 2,
    distance: Math.max(Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY), 10),
  });
  const press = (x, y) => {
    finger.pressed = true;
    send(finger.top, 'mousemove', x, y);
    send(finger.top, 'mousedown', x, y, {buttons: 1});
  };
  const giveUp = () => {
    clearTimeout(finger?.timer);
    if (finger?.pressed) send(finger.top, 'mouseleave', 0, 0);
    finger = null;
  };
  const touched = {
    touchstart: event => {
      if (!canvas(event) || event.target.tagName !== 'CANVAS') return;
      giveUp();
      pinch = event.touches.length === 2 ? spread(event) : null;
      if (pinch) event.preventDefault();
      if (event.touches.length > 1) return;
      const told = panel.querySelector('.kmeans-spots')?.textContent || '{"spots": []}';
      const {drags, spots} = JSON.parse(told);
      const start = place(event), spot = nearest(event.target, ...start, spots);
      finger = {top: event.target, start, shift: spot?.shift ?? [0, 0], pressed: false};
      if (drags && spot) {
        event.preventDefault();
        press(...place(event));
      } else if (drags) finger.timer = setTimeout(press, REST, ...start);
    },
    touchmove: event => {
      if (pinch && event.touches.length === 2) {
        event.preventDefault();
        const now = spread(event), box = event.target.getBoundingClientRect();
        look({factor: now.distance / pinch.distance, at: share(event.target, now.x, now.y),
              shift: [(now.x - pinch.x) / box.width, (pinch.y - now.y) / box.height]});
        pinch = now;
      }
      if (!finger) return;
      const [x, y] = place(event);
      if (!finger.pressed) {
        if (Math.hypot(x - finger.shift[0] - finger.start[0], y - finger.shift[1] - finger.start[1]) > STILL) giveUp();
        return;
      }
      if (event.cancelable) event.preventDefault();
      send(finger.top, 'mousemove', x, y, {buttons: 1});
    },
    touchend: event => {
      if (event.touches.length < 2) pinch = null;
      if (!finger) return;
      event.preventDefault();  // no second click from the browser
      clearTimeout(finger.timer);
      if (!finger.pressed) press(...place(event));
      send(finger.top, 'mouseup', ...place(event));
      finger = null;
    },
    touchcancel: giveUp,
  };
  for (const [type, handle] of Object.entries(touched)) {
    panel.addEventListener(type, handle, {capture: true, passive: false});
  }

  // A message appears beside the control that caused it: the one used last, unless it says which. It
  // covers neither the buttons of the run nor the status, and a click removes it.
  const MESSAGE = '.kmeans-bad, .kmeans-good';
  let used = null, placed = null;
  for (const type of ['pointerdown', 'focusin']) {
    panel.addEventListener(type, ({target}) => {
      const control = target.closest('.kmeans-canvas') ? panel.querySelector('.kmeans-tools')
        : target.closest('.jupyter-widgets:not(.widget-box)');
      if (control && !control.matches('.kmeans-notice')) used = control;
    }, true);
  }
  const placeNotice = () => {
    const notice = panel.querySelector('.kmeans-notice'), message = notice?.querySelector(MESSAGE);
    if (!message || message === placed) return;
    placed = message;
    const {near} = message.dataset;
    const anchors = [near && panel.querySelector(near), used, panel.querySelector('.kmeans-words')];
    const anchor = anchors.find(each => each?.isConnected && each.getClientRects().length);
    const box = anchor.getBoundingClientRect(), frame = panel.getBoundingClientRect();
    const isLow = box.top + box.bottom > frame.top + frame.bottom, height = notice.offsetHeight;
    const rows = [...panel.querySelectorAll('.kmeans-transport, .kmeans-words')]
      .map(row => row.getBoundingClientRect()).sort((a, b) => isLow ? b.top - a.top : a.top - b.top);
    let top = isLow ? box.top - height - 4 : box.bottom + 4;
    for (const row of rows) {
      if (top < row.bottom && top + height > row.top) top = isLow ? row.top - height - 4 : row.bottom + 4;
    }
    const left = Math.min(box.left, frame.right - notice.offsetWidth - 8);
    const origin = notice.offsetParent.getBoundingClientRect();
    notice.style.left = `${Math.max(left, frame.left + 8) - origin.left}px`;
    notice.style.top = `${top - origin.top}px`;
  };
  panel.addEventListener('click', ({target}) => target.closest(MESSAGE)?.remove());
  new ResizeObserver(() => { placed = null; placeNotice(); }).observe(panel);

  // A click that changes nothing for a while waits for the kernel, for example until a cell has ended.
  const PATIENCE = 700;  // milliseconds
  const note = document.createElement('div');
  note.className = 'kmeans-waiting';
  note.setAttribute('role', 'status');
  let patience = 0;
  const expectAnswer = ({target}) => {
    if (!target.closest('.widget-button:not(.kmeans-full-screen), select')) return;
    clearTimeout(patience);
    patience = setTimeout(() => {
      panel.querySelector('.kmeans-words').append(note);
      note.textContent = 'The kernel is busy: the click is waiting.';
    }, PATIENCE);
  };
  panel.addEventListener('click', expectAnswer);
  panel.addEventListener('change', expectAnswer);
  new MutationObserver(records => {
    const isOwn = ({target, addedNodes}) => target === note || addedNodes[0] === note;
    if (records.every(isOwn)) return;
    clearTimeout(patience);
    note.textContent = '';
  }).observe(panel, {childList: true, characterData: true, subtree: true});

  // Below and left of the map, the full name of the axis is a tooltip.
  const zoom = () => Number(getComputedStyle(panel).getPropertyValue('--kmeans-zoom')) || 1;
  panel.addEventListener('mousemove', event => {
    const picture = event.target.closest('.kmeans-canvas > *');
    if (!picture || !event.isTrusted) return;
    const {x, y} = panel.querySelector('.kmeans-view [data-x]').dataset;
    const box = picture.getBoundingClientRect();
    const across = (event.clientX - box.left) / zoom(), down = (event.clientY - box.top) / zoom();
    const floor = (box.width / zoom() - 82) / 1.56;  // of the map, as in plot/figure.py
    picture.title = Math.abs(down - floor - 32) < 18 ? x : across < 60 && down < floor ? y : '';
  }, true);

  // A canvas may be larger than the picture on it: at first, on a screen with more dots, and when it has
  // just grown. Until the next picture arrives, this one is stretched.
  const paint = CanvasRenderingContext2D.prototype.drawImage;
  const painted = (canvas, width, height) => {  // the number of dots, of a row or a column
    const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
    let dots = data.length / 4;
    while (dots && !data[4 * dots - 1]) dots -= 1;
    return dots;
  };
  const stretch = (pen, source) => {
    const {width, height} = source;
    if (!width || !height) return false;
    const [across, down] = [painted(source, width, 1), painted(source, 1, height)];
    if (across === width && down === height) return true;
    if (across && down) paint.call(pen, source, 0, 0, across, down, 0, 0, width, height);
    return false;
  };

  // ipympl encodes every frame as text, in case the notebook is saved with the state of its widgets.
  // That takes most of the browser's time, so here a frame is encoded only when it is needed.
  const spare = canvas => {
    const pen = canvas.getContext('2d'), sizeOf = () => `${canvas.width} ${canvas.height}`;
    let fills = stretch(pen, canvas), size = sizeOf();
    pen.drawImage = (source, ...place) => {
      const text = HTMLCanvasElement.prototype.toDataURL.bind(source);
      const later = {toJSON: text, toString: text};
      source.toDataURL = () => later;
      paint.call(pen, source, ...place);
      fills = (fills && size === sizeOf()) || stretch(pen, source);
      size = sizeOf();
    };
  };

  panel.addEventListener('click', event => {
    const button = event.target.closest('.kmeans-copy');
    if (!button) return;
    getSelection().selectAllChildren(button.parentElement.querySelector('pre'));
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl+C';
  });

  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(element ? attributes : {})) {
      if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
  };
  const name = () => {
    for (const slider of panel.querySelectorAll('.widget-slider')) {
      const label = slider.querySelector('.widget-label').textContent;
      const readout = slider.querySelector('.widget-readout');
      set(slider.querySelector('.noUi-handle'), {
        'aria-label': label, 'aria-valuetext': readout.textContent});
      if (readout.isContentEditable && readout.style.display !== 'none') {
        set(readout, {role: 'textbox', 'aria-label': `${label}, value`});
      }
    }
    set(panel.querySelector('.kmeans-k input'), {'aria-label': 'Clusters K, value'});
    for (const button of panel.querySelectorAll('.widget-button')) {
      if (!Object.hasOwn(button, 'disabled')) soften(button);
    }
    for (const button of panel.querySelectorAll('.widget-toggle-button, .widget-toggle-buttons button')) {
      const open = String(button.classList.contains('mod-active'));
      set(button, {
        [button.classList.contains('kmeans-fold') ? 'aria-expanded' : 'aria-pressed']: open});
    }
    set(panel.querySelector('.kmeans-modes'), {role: 'group', 'aria-label': 'Tools'});
    set(panel.querySelector('.kmeans-tabs'), {role: 'group', 'aria-label': 'Beside the picture'});
    set(panel.querySelector('.kmeans-legend'), {role: 'group', 'aria-label': 'Clusters shown'});
    const status = panel.querySelector('.kmeans-status .widget-html-content');
    set(status, {role: 'status', 'aria-live': 'polite', 'aria-atomic': 'true'});
    set(panel.querySelector('.kmeans-asks .widget-html-content'), {role: 'status', 'aria-atomic': 'true'});
    set(panel.querySelector('.kmeans-notice .widget-html-content'), {role: 'alert'});
    const says = status?.textContent.trim() ?? '';  // empty while the panel is being built
    set(panel.querySelector('img.kmeans-still'), {alt: says});
    const room = panel.querySelector('.kmeans-canvas');
    if (room && !observed && panel.querySelector('.kmeans-room input')) observe(room);
    const picture = panel.querySelector('.jupyter-matplotlib-canvas-div');
    set(picture, {role: 'img', 'aria-label': says});
    if (picture && picture.tabIndex === 0) {
      spare(picture.querySelector('canvas'));
      picture.tabIndex = -1;  // it has no keyboard functions
      picture.focus = () => HTMLElement.prototype.focus.call(picture, {preventScroll: true});
    }
  };
  // The picture is drawn for the room that it has, in steps of 20 pixels: at any usual scaling that is
  // a whole number of dots, so that nothing is blurred.
  let told = '', attempt = 0, check = 0;
  const tell = () => {
    const field = panel.querySelector('.kmeans-room input');
    field.value = `${told} ${attempt}`;
    field.dispatchEvent(new Event('change', {bubbles: true}));
    clearTimeout(check);
    check = setTimeout(verify, 1000 * (attempt + 1));
  };
  // ipympl gives up a new size, or its first picture, if a picture fails to load: ask again.
  const verify = () => {
    const bitmap = panel.querySelector('.kmeans-canvas canvas');
    const [width, scale] = told.split(' ').map(Number);
    const isRight = () => Math.abs(bitmap.width - width * scale) <= 1 && painted(bitmap, 1, 1) === 1;
    if (!bitmap || isRight() || attempt === 5) return;
    attempt += 1;
    tell();
  };
  const tellRoom = ([{contentRect}]) => {
    const width = Math.floor(contentRect.width / zoom() / 20) * 20;
    const room = `${width} ${zoom() * devicePixelRatio}`;
    if (width < 200 || room === told) return;  // hidden, or as before
    told = room;
    panel.style.setProperty('--kmeans-width', `${width * zoom()}px`);
    attempt = 0;
    tell();
  };
  let waiting = 0;
  const observer = new ResizeObserver(entries => {
    clearTimeout(waiting);  // while a window is dragged, its last size is enough
    waiting = setTimeout(tellRoom, told ? 150 : 0, entries);
  });
  let observed = null;
  const observe = room => {
    observed = room;
    observer.observe(room);  // calls back at once
    const screen = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    screen.addEventListener('change', () => { observer.unobserve(room); observe(room); }, {once: true});
  };

  panel.addEventListener('click', event => {
    if (!event.target.closest('.kmeans-full-screen')) return;
    if (document.fullscreenElement) document.exitFullscreen(); else panel.requestFullscreen();
  });

  const follow = () => {
    name();
    moveFocus();
    placeNotice();
    save(panel.querySelector('.kmeans-download a'));
  };
  new MutationObserver(follow).observe(panel, {
    attributeFilter: ['class', 'disabled', 'aria-valuetext'], childList: true, subtree: true});
  name();
}
