// Entry: theme, links, shell, and one lazily loaded page per path.
import { render } from 'preact';
import './styles/base.css';
import './styles/forms.css';
import './styles/tables.css';
import './styles/parts.css';
import './styles/charts.css';
import './styles/narrow.css';
import { captureLinks } from './router';
import { Shell } from './shell';
import { applyTheme } from './theme';

applyTheme();
captureLinks(document);
render(<Shell />, document.getElementById('app')!);
