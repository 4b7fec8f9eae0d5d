"""Files to frames and frames to files, without judgement of what they say."""
