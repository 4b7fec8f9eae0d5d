"""The pages of StationMap: a Flask application over one city folder."""
